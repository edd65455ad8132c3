# mutants: core is broken in one place after the other; do the suites notice?
#
#   make mutants N=300 SEED=1 [FILES="core/dns.c core/reply.c"]     the same mutants for the same SEED

N       ?= 300
SEED    ?= 1
mutants: $(GEN)                         ## Do the suites notice when core is broken? N=300 SEED=1
	$(QUIET)CORE='$(CORE)' CC='$(CC)' MUTANT_FLAGS='$(HOSTED) $(INC)' \
	    python3 tests/mutants.py $(B)/mutants $(N) $(SEED) $(FILES)

.PHONY: mutants
