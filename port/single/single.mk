# port/single: core as two files to drop into another project

SINGLE = $(B)/single/quoth.c $(B)/single/quoth.h

single: $(SINGLE)                       ## Core as two files: build/single/quoth.c and quoth.h

$(B)/single/quoth.h: core/quoth.h core/config.h port/single/amalgamate.sh
	@mkdir -p $(@D)
	$(QUIET)sh port/single/amalgamate.sh "core" '' core/quoth.h > $@.new && mv $@.new $@
$(B)/single/quoth.c: $(CORE:%=core/%.c) $(HEADERS) $(GEN) port/single/amalgamate.sh
	@mkdir -p $(@D)
	$(QUIET)sh port/single/amalgamate.sh "core $(B)/gen" quoth.h $(CORE:%=core/%.c) > $@.new && \
	    mv $@.new $@

single-check:                  ## Compile the single file as it is shipped, in C and C++, and run it
single-check: $(SINGLE) $(B)/quoth
	$(QUIET)CC='$(CC)' CXX='$(CXX)' sh port/single/check.sh $(B)/single $(B)/quoth

.PHONY: single single-check
