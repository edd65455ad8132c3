# coverage: how much of core the suites and transcripts reach, and the seeds of the harnesses
#
#   make coverage             lines, branches and MC/DC by tests/*_test.c over core; what is missing
#                             and not argued in tests/coverage.txt is printed and fails
#   make coverage SEEDS=1     lines and branches by fuzz/corpus alone, core/find and core/domain
#                             too; fails below 95 and 85 %
#
# MC/DC: each condition of a decision was seen to decide it alone (DO-178C). It needs clang 18 or
# newer. A decision it cannot follow, such as !(a && b) within another, is an error.

COV_CC   = clang-19
COV      = -O1 -g -fprofile-instr-generate -fcoverage-mapping -fcoverage-mcdc
# The suites themselves are not measured.
COV_LINK = -O1 -g -fprofile-instr-generate -Xclang -fprofile-instrument=none
COV_SEED = $(patsubst %,$(B)/cov/fuzz/%,$(filter-out resolvconf list pace http web,$(FUZZ)))
COV_TEST = $(patsubst %,$(B)/cov/%_test,$(TESTS))
COV_RUN  = $(if $(SEEDS),$(COV_SEED),$(COV_TEST))

$(B)/cov/core/%.o: core/%.c $(HEADERS) $(GEN)
	@mkdir -p $(@D)
	$(QUIET)$(COV_CC) -std=c11 -Werror $(HOSTED) $(INC) $(COV) -c -o $@ $<
$(B)/cov/libquoth.a: $(patsubst %,$(B)/cov/core/%.o,$(CORE) $(DOMAIN) $(FIND))
	$(QUIET)rm -f $@ && $(AR) rcs $@ $^
$(B)/cov/%_test: tests/%_test.c $(wildcard tests/*.h) $(B)/cov/libquoth.a
	$(QUIET)$(COV_CC) -std=c11 $(HOSTED) $(INC) -Itests $(COV_LINK) -o $@ $< $(B)/cov/libquoth.a
$(B)/cov/fuzz/%: fuzz/%.c fuzz/replay.c $(FUZZ_H) $$(FUZZ_$$*) $(B)/cov/libquoth.a
	@mkdir -p $(@D)
	$(QUIET)$(COV_CC) -std=c11 $(HOSTED) $(INC) $(FUZZ_INC) $(COV_LINK) -o $@ $(filter %.c,$^) \
	    $(B)/cov/libquoth.a

coverage:              ## What the suites reach of core, condition by condition (SEEDS=1: the seeds)
	$(QUIET)sh port/deps/packages.sh coverage
	$(QUIET)$(MAKE) --no-print-directory -j$(NPROC) SEEDS=$(SEEDS) $(COV_RUN)
	$(QUIET)python3 tests/coverage.py \
	    $(if $(SEEDS),--seeds fuzz/corpus,--argued tests/coverage.txt) $(B)/cov $(COV_RUN)

.PHONY: coverage
