# mutants: core is broken in one place after the other; do the suites notice?
#
#   make mutants N=300 SEED=1 [FILES="core/dns.c core/reply.c"] [JOBS=1]
#
# The same mutants for the same SEED and the same sources; JOBS of them at a time, or one a
# processor.

N       ?= 300
SEED    ?= 1
mutants: $(GEN)                         ## Do the suites notice when core is broken? N=300 SEED=1
	$(QUIET)CORE='$(CORE) $(DOMAIN) $(FIND)' CC='$(CC)' MUTANT_FLAGS='$(HOSTED) $(INC)' \
	    JOBS=$(JOBS) python3 tests/mutants.py $(B)/mutants $(N) $(SEED) $(FILES)

.PHONY: mutants
