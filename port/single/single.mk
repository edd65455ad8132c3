# port/single: core as two files to drop into another project

SINGLE = $(B)/single/quoth.c $(B)/single/quoth.h

single: $(SINGLE)                       ## Core as two files: build/single/quoth.c and quoth.h

$(B)/single/quoth.h: core/quoth.h core/config.h port/single/amalgamate.sh
	@mkdir -p $(@D)
	$(QUIET)sh port/single/amalgamate.sh "core" '' core/quoth.h > $@.new && mv $@.new $@
$(B)/single/quoth.c: $(CORE:%=core/%.c) $(HEADERS) $(GEN) port/single/amalgamate.sh
	@mkdir -p $(@D)
	$(QUIET)sh port/single/amalgamate.sh "core $(B)/gen" quoth.h $(CORE:%=core/%.c) > $@.new && mv $@.new $@

# It compiles without a warning, as one file, and does something; its header does in C++ too.
$(B)/tests/single: port/single/tiny.c $(SINGLE)
	@mkdir -p $(@D)
	$(QUIET)$(CC) -std=c11 -pedantic -Wall -Wextra -Wconversion -Wshadow -Wno-unused-parameter -Werror \
	    -I$(B)/single -o $@ port/single/tiny.c $(B)/single/quoth.c
$(B)/tests/single_cxx: port/single/tiny.c $(SINGLE)
	@mkdir -p $(@D)
	$(QUIET)$(CC) -std=c11 -I$(B)/single -c -o $@.o $(B)/single/quoth.c
	$(QUIET)$(CXX) -std=c++11 -Wall -Wextra -Werror -I$(B)/single -x c++ port/single/tiny.c -x none $@.o -o $@
single-check: $(B)/tests/single $(B)/tests/single_cxx  ## Compile and run the single file, from C and from C++
	$(QUIET)$(B)/tests/single && $(B)/tests/single_cxx

.PHONY: single single-check
