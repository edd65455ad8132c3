# judge: how well replies are read, and how fast
#
#   make accuracy CORPUS=FILE [ERRORS=1] [BENCH=1] [PART=0/5]     FILE: see tests/accuracy.c

$(B)/accuracy: tests/accuracy.c core/judge.c core/names.c core/utf8.c $(HEADERS) $(B)/gen/judge.h
	@mkdir -p $(@D)
	$(QUIET)$(CC) $(WARN) $(HOSTED) $(INC) $(CFLAGS) -o $@ $(filter %.c,$^)

accuracy:                            ## Read a labelled corpus: make accuracy CORPUS=FILE [ERRORS=1]
accuracy: $(B)/accuracy
	$(QUIET)test -n "$(CORPUS)" || { \
	    echo "make accuracy CORPUS=FILE, tab-separated: see tests/accuracy.c" >&2; exit 2; }
	$(QUIET)$(B)/accuracy $(if $(ERRORS),-e) $(if $(BENCH),-b) $(if $(PART),-p $(PART)) "$(CORPUS)"

.PHONY: accuracy
