# tests: `make check` gets what they need, runs everything and closes with "N passed, N failed"

# Suites over core alone, each tests/NAME_test.c, built with ASan and UBSan.
TESTS    = random ip addr idna lists target name dns answer lookup cache mx pace reply smtp judge \
           verdict intake hosts verify talk score find
# The same over core/domain.
DOMAIN_TESTS = spf_term spf dmarc health domain policy own
TEST_BIN = $(patsubst %,$(B)/tests/%_test,$(TESTS) $(DOMAIN_TESTS))

TEST_CC = $(CC) $(WARN) $(HOSTED) $(INC) $(addprefix -Iport/,app cli list) -Itests $(SAN)
$(B)/tests/%_test: tests/%_test.c $(wildcard tests/*.h) $(DOMAIN_H) $(B)/san/libquoth.a
	@mkdir -p $(@D)
	$(QUIET)$(TEST_CC) -o $@ $< $(filter %.c,$(filter-out $<,$^)) $(B)/san/libquoth.a $(TEST_LIB)

# Suites over a file of the port that is pure enough to be tested like core.
LIST_READ = $(OUT:%=port/app/%.c) $(LIST_IN:%=port/list/%.c)
POSIX     = port/posix/posix.c port/posix/sock.c
$(B)/tests/resolvconf_test: port/posix/resolvconf.c
$(B)/tests/out_test: $(OUT:%=port/app/%.c) $(patsubst %,port/app/%.c,answers file replace) \
    port/cli/explain.c $(POSIX)
$(B)/tests/calibration_test: $(patsubst %,port/app/%.c,calibration number)
$(B)/tests/listed_test: $(patsubst %,port/app/%.c,memory file stream escape say listed)
$(B)/tests/list_in_test $(B)/tests/list_look_test: $(LIST_READ) port/list/list_out.c
$(B)/tests/identity_test: $(LIST_READ) $(POSIX) port/posix/resolvconf.c \
    $(patsubst %,port/app/%.c,listed file options option_read option_told) \
    $(patsubst %,port/list/%.c,list_identity list_progress)
$(B)/tests/list_domain_test: port/list/list_domain.c port/app/memory.c
$(B)/tests/list_domain_test: INC += -Iport/fetch
$(B)/tests/answers_test: $(OUT:%=port/app/%.c) \
    $(patsubst %,port/app/%.c,answers file replace) $(POSIX)
$(B)/tests/answers_test: SAN += -Wl,--wrap=time
$(B)/tests/sandbox_dns_test: $(patsubst %,port/sandbox/%.c,sandbox_dns sandbox_world) \
    $(patsubst %,port/app/%.c,number escape stream memory)
$(B)/tests/sandbox_dns_test: INC += -Iport/sandbox
$(B)/tests/zone_test: \
    $(patsubst %,port/app/%.c,zone zone_read zone_wire zone_write file say escape stream memory)
$(B)/tests/probe_test: \
    $(patsubst %,port/cli/%.c,probe probe_shapes probe_talk probe_judge grading) \
    port/app/words.c port/tls/tls_cert.c
$(B)/tests/probe_test: INC += -DQUOTH_NO_TLS=1
$(B)/tests/doctor_test: port/cli/doctor_judge.c port/cli/grading.c port/drive.c $(POSIX) \
    $(patsubst %,port/app/%.c,words say escape stream memory health ask) \
    $(addprefix port/fetch/,fetch.c answer_none.c)
$(B)/tests/doctor_test: INC += -DQUOTH_NO_TLS=1 -Iport/fetch
$(B)/tests/ask_test: port/drive.c $(POSIX) \
    $(patsubst %,port/app/%.c,health ask words say escape stream memory) \
    $(addprefix port/fetch/,fetch.c answer_llhttp.c fetch.h answer.h) $(LLHTTP_LIB)
$(B)/tests/ask_test: INC += -DQUOTH_NO_TLS=1 -Iport/fetch $(LLHTTP_INC)
$(B)/tests/ask_test: TEST_LIB = $(LLHTTP_LIB)
$(B)/tests/http_test: port/serve/http.c port/serve/http.h $(LLHTTP_LIB)
$(B)/tests/http_test: INC += -Iport/serve $(LLHTTP_INC)
$(B)/tests/http_test: TEST_LIB = $(LLHTTP_LIB)
$(B)/tests/fetch_test: $(addprefix port/fetch/,fetch.c answer_llhttp.c fetch.h answer.h) \
    tests/spf_world.h $(LLHTTP_LIB)
$(B)/tests/fetch_test: INC += -Iport/fetch $(LLHTTP_INC)
$(B)/tests/fetch_test: TEST_LIB = $(LLHTTP_LIB)
FILE_TESTS = $(patsubst %,$(B)/tests/%_test,ask doctor probe zone http fetch resolvconf out listed \
             calibration list_in list_look list_domain identity answers sandbox_dns)

# The 20-line example of README.md, as printed there.
$(B)/tests/example.c: README.md
	@mkdir -p $(@D)
	$(QUIET)awk '/^```c$$/ { on = 1; next } /^```$$/ { on = 0 } on' $< > $@
$(B)/tests/example: $(B)/tests/example.c port/drive.c port/posix/posix.c port/posix/sock.c \
    $(B)/libquoth.a
	$(QUIET)$(CC) $(WARN) $(HOSTED) $(INC) $(CFLAGS) -DQUOTH_NO_TLS=1 -o $@ $^

# The loop of port/batch/README.md, as printed there.
$(B)/tests/batch_example.c: port/batch/README.md
	@mkdir -p $(@D)
	$(QUIET)awk '/^```c$$/ { on = 1; next } /^```$$/ { on = 0 } on' $< > $@
$(B)/tests/batch_example: $(B)/tests/batch_example.c $(ENGINE:%=port/%.c) $(ENGINE_PORT) $(PORT_H) \
                          $(B)/libquoth.a
	$(QUIET)$(CC) $(WARN) $(HOSTED) $(INC) $(CFLAGS) -o $@ $(filter %.c %.a,$^)

# Tools to measure with.
$(B)/bench/%: tests/bench/%.c
	@mkdir -p $(@D)
	$(QUIET)$(CC) -std=c11 $(HOSTED) -Wall -Wextra -O2 -o $@ $<
$(B)/bench/lists_eval: tests/bench/lists_eval.c $(B)/libquoth.a
	@mkdir -p $(@D)
	$(QUIET)$(CC) -std=c11 $(HOSTED) $(INC) -O2 -o $@ $< $(B)/libquoth.a
$(B)/bench/rtt: tests/bench/rtt.c tests/world.h $(B)/libquoth.a
	@mkdir -p $(@D)
	$(QUIET)$(CC) -std=c11 $(HOSTED) $(INC) -Itests -O2 -o $@ $< $(B)/libquoth.a

bench-rtt:                              ## Round trips a verdict costs
bench-rtt: $(B)/bench/rtt $(B)/bench/delay $(B)/bench/responder $(B)/quoth
	$(QUIET)B=$(B) sh tests/bench/rtt.sh

# Everything that is compiled for testing, so that it can be built in parallel first.
BIN_SUITES = $(TEST_BIN) $(PORT_TEST_BIN) $(FILE_TESTS) $(BATCH_TEST_BIN) $(B)/tests/lwip_test
CHECK_BIN  = $(BIN_SUITES) $(B)/tests/spf_suite_test $(B)/tests/example $(B)/tests/batch_example \
             $(B)/tests/list_worlds $(FUZZ:%=$(B)/replay/%) $(B)/quoth $(B)/accuracy \
             $(patsubst %,$(B)/bench/%,rtt delay responder soak)

# The suites as tests/run begins them, several at a time: those over one file first, as what they
# say comes soonest, then the longest first. Those of one word before a colon use the same thing and
# never run at the same time: "images" those of the boards in $(B), "ports" free ports of loopback.
SUITES   = $(BIN_SUITES) \
           "sh tests/style_test.sh" \
           "$(MAKE) --no-print-directory layers" \
           "$(MAKE) --no-print-directory private" \
           $(COV_SUITE) \
           "sh tests/rules_test.sh" \
           "sh tests/run_test.sh" \
           "sh tests/fuzz_test.sh" \
           "sh tests/cli_test.sh" \
           "bash tests/cross_test.sh" \
           "$(B)/tests/list_worlds 90000 10001" \
           "images: sh tests/build_test.sh" \
           "bash tests/list_kill.sh" \
           "env QUOTH=$(B)/faults/quoth python3 tests/faults.py --points 1100" \
           "sh tests/e2e/run.sh $(B)" \
           "images: bash tests/firmware_test.sh $(B)" \
           $(SERVE_SUITES) \
           "sh tests/prove/run.sh" \
           "sh tests/list_test.sh" \
           $(POLL_SUITES) \
           "env $(ASAN_QUOTH) sh tests/sandbox_test.sh" \
           "env $(ASAN_QUOTH) sh tests/smtp_cmd_test.sh" \
           "sh tests/bench/soak.sh tenth" \
           "sh tests/spf_suite.sh $(B)"

# Its compiler is large, so it is no reason to get it.
COV_SUITE = $(if $(shell command -v clang-19 && command -v llvm-cov-19),\
            "cov: $(MAKE) --no-print-directory coverage" \
            "cov: $(MAKE) --no-print-directory coverage SEEDS=1")

# The list engine again, over poll(2) and POSIX alone.
POLL_BIN    = $(addprefix $(B)/poll/,quoth tests/loop_test tests/batch_test)
POLL_SUITES = $(filter %_test,$(POLL_BIN)) "env QUOTH=$(B)/poll/quoth sh tests/list_test.sh"
# What is compiled here as it is there: copied, with its times, so that make there takes it as its
# own.
COPY        = mkdir -p $(1) && cd $(B) && for f in $(2); do \
              [ ! -e "$$f" ] || cp -rpu --parents "$$f" $(abspath $(1)) || exit; done
COPY_CORE   = gen host core libquoth.a deps/llhttp-*
COPY_PORT   = $(addprefix port/,app cli fetch gateway list sandbox serve tls drive.o)
poll-bins: $(B)/quoth $(B)/san/libquoth.a
	$(QUIET)$(call COPY,$(B)/poll,$(COPY_CORE) $(COPY_PORT) san/core san/libquoth.a)
	$(QUIET)$(MAKE) --no-print-directory B=$(B)/poll LOOP=poll DEPS=$(DEPS) \
	    $(if $(TLS_DIR),TLS_DIR=$(TLS_DIR)) $(POLL_BIN)

# The command under the sanitizers, for suites that do not limit its memory. What they find ends it
# with a status that is none of its own.
ASAN_QUOTH = QUOTH=$(B)/asan/quoth ASAN_OPTIONS=exitcode=99 UBSAN_OPTIONS=exitcode=99
asan-bin: $(B)/quoth
	$(QUIET)$(call COPY,$(B)/asan,gen host deps/llhttp-*)
	$(QUIET)$(MAKE) --no-print-directory B=$(B)/asan DEPS=$(DEPS) CFLAGS='$(SAN)' LDFLAGS='$(SAN)' \
	    $(if $(TLS_DIR),TLS_DIR=$(TLS_DIR)) $(B)/asan/quoth

# All that is installed or downloaded for more than one suite, before they run beside each other.
check:                                  ## Get what the tests need, run all of them
	$(QUIET)sh port/deps/packages.sh check
	$(QUIET)sh port/deps/packages.sh browser || echo "check: no browser, the page is not tested" >&2
	$(QUIET)sh port/deps/packages.sh clients || echo "check: no npm, no clients of others" >&2
	$(QUIET)sh port/deps/packages.sh prove || echo "check: no Frama-C, nothing is proved" >&2
	$(QUIET)tests/e2e/fetch.sh $(B)/deps/e2e || echo "check: some servers are missing" >&2
	$(QUIET)$(MAKE) --no-print-directory -j$(NPROC) WERROR=-Werror $(CHECK_BIN) poll-bins faults-bin \
	    asan-bin
	$(QUIET)B=$(B) QUOTH=$(B)/quoth CC='$(CC)' tests/run $(SUITES)

# `make check` runs a tenth of them, the first ones. By the thousand: one that breaks a promise
# tells its number.
WORLDS = $(if $(filter command environment,$(firstword $(origin N))),$(N),100000)
worlds:                               ## Whole lists in 100,000 random worlds; N=1000000: in so many
worlds: $(B)/tests/list_world_test
	$(QUIET)seq 1 1000 $(WORLDS) | xargs -P $(NPROC) -n 1 sh -c '$< 1000 $$0 > /dev/null || exit 255'
	$(QUIET)echo "worlds: $(WORLDS) passed, 0 failed"

.PHONY: check worlds poll-bins asan-bin bench-rtt

# The command once more, static, with allocations that can fail: tests/faults.py breaks each call
# once.
FAULTS_WRAP = malloc calloc realloc
$(B)/faults/alloc.o: tests/faults_alloc.c
	@mkdir -p $(@D)
	$(QUIET)$(CC) -std=gnu11 -Wall -Wextra -O2 -c -o $@ $<
faults-bin: $(B)/faults/alloc.o $(B)/quoth
	$(QUIET)$(call COPY,$(B)/faults,$(COPY_CORE) $(COPY_PORT) port/posix port/batch loop.$(LOOP))
	$(QUIET)$(MAKE) --no-print-directory B=$(B)/faults DEPS=$(DEPS) \
	    $(if $(TLS_DIR),TLS_DIR=$(TLS_DIR)) FIRST_O=$(B)/faults/alloc.o \
	    LDFLAGS='-static $(FAULTS_WRAP:%=-Wl,--wrap=%)' $(B)/faults/quoth
faults: faults-bin                      ## Every system call and every allocation fails once
	$(QUIET)QUOTH=$(B)/faults/quoth python3 tests/faults.py

.PHONY: faults faults-bin
