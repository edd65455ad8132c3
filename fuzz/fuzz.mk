# fuzz: `make fuzz T=reply S=60 [L=4096]` hunts; `make fuzz-rates` says how fast; `make check`
# replays every corpus

FUZZ     = addr ip name dns lookup answer reply smtp verify judge resolvconf list pace spf_term \
           spf tags dkim domain policy tlsa find http web cache manners score zone
# What a harness needs besides core.
FUZZ_resolvconf = port/posix/resolvconf.c
FUZZ_list       = $(addprefix port/,$(LIST_IN:%=list/%.c) $(OUT:%=app/%.c))
FUZZ_zone       = $(patsubst %,port/app/%.c,zone zone_read zone_write file say escape stream memory)
FUZZ_pace       = $(ENGINE:%=port/%.c)
FUZZ_http       = port/serve/http.c $(LLHTTP_C)
FUZZ_web        = port/fetch/answer_llhttp.c $(LLHTTP_C)
FUZZ_INC        = -Itests $(addprefix -Iport/,app cli list serve fetch) $(LLHTTP_INC)
# libFuzzer watches each comparison, to guess what is compared with. What costs by the byte, and
# machines that hash and copy all the time, spend half of their time there. The words of their
# records are in NAME.dict, or guessed by spf_term.
FUZZ_PLAIN      = find dkim judge spf domain tags policy
FUZZ_CC_plain   = -fno-sanitize-coverage=trace-cmp
# It weighs inputs by how rare is what they reach. For what takes microseconds that costs more than
# the run.
FUZZ_FAST       = ip name spf_term tags dkim policy tlsa find zone
# Small records: no seed is longer, and at libFuzzer's 4,096 bytes they run at about half of that
# rate.
FUZZ_LEN_find     = 64
FUZZ_LEN_spf_term = 512
FUZZ_LEN_tags     = 384
FUZZ_LEN_policy   = 401
FUZZ_LEN_dkim     = 132
FUZZ_LEN_tlsa     = 80
FUZZ_RUN          = $(if $(FUZZ_LEN_$1),-max_len=$(FUZZ_LEN_$1)) \
                    $(if $(filter $1,$(FUZZ_FAST)),-entropic=0) \
                    $(addprefix -dict=,$(wildcard fuzz/$1.dict))
T       ?= reply
S       ?= 60

.SECONDEXPANSION:
FUZZ_H    = fuzz/harness.h fuzz/dns_input.h
# Core is compiled once for all harnesses: watched, and plain.
FUZZ_CC   = clang -std=c11 $(HOSTED) $(INC) $(FUZZ_INC) -g -O1 -fsanitize=address,undefined \
            -fno-sanitize-recover=all
FUZZ_CORE = $(B)/fuzz/$(if $(filter $(FUZZ_PLAIN),$1),plain,watched)/core.a
FUZZ_O    = $(QUIET)mkdir -p $(@D) && $(FUZZ_CC) -fsanitize=fuzzer-no-link -c -o $@ $<
$(B)/fuzz/watched/%.o: core/%.c $(HEADERS) $(DOMAIN_H) $(GEN)
	$(FUZZ_O)
$(B)/fuzz/plain/%.o: core/%.c $(HEADERS) $(DOMAIN_H) $(GEN)
	$(FUZZ_O) $(FUZZ_CC_plain)
$(B)/fuzz/watched/core.a: $(patsubst %,$(B)/fuzz/watched/%.o,$(CORE) $(DOMAIN) $(FIND))
$(B)/fuzz/plain/core.a: $(patsubst %,$(B)/fuzz/plain/%.o,$(CORE) $(DOMAIN) $(FIND))
$(B)/fuzz/watched/core.a $(B)/fuzz/plain/core.a:
	$(QUIET)rm -f $@ && ar rcs $@ $^
$(B)/fuzz/%: fuzz/%.c $$(FUZZ_$$*) $(FUZZ_H) $$(call FUZZ_CORE,$$*)
	$(QUIET)$(FUZZ_CC) -fsanitize=fuzzer $(if $(filter $(FUZZ_PLAIN),$*),$(FUZZ_CC_plain)) -o $@ \
	    $(filter %.c %.a,$^)

fuzz: $(B)/fuzz/$(T)                    ## Fuzz one target: make fuzz T=reply S=60
	@mkdir -p $(B)/fuzz/found/$(T)
	$(B)/fuzz/$(T) -max_total_time=$(S) $(call FUZZ_RUN,$(T)) $(if $(L),-max_len=$(L)) \
	    -print_final_stats=1 -artifact_prefix=$(B)/fuzz/found/ \
	    $(B)/fuzz/found/$(T) fuzz/corpus/$(T)

fuzz-rates:         ## A row a harness: runs a second, longest input, findings: make fuzz-rates S=10
fuzz-rates: $(FUZZ:%=$(B)/fuzz/%)
	$(QUIET)B=$(B) sh fuzz/rates.sh $(if $(filter command line,$(origin S)),$(S),10) \
	    $(foreach t,$(FUZZ),"$t $(call FUZZ_RUN,$t)")

fuzz-seeds:                 ## Keep the fewest inputs found that reach more: make fuzz-seeds T=reply
fuzz-seeds: $(B)/fuzz/$(T)
	$(B)/fuzz/$(T) -set_cover_merge=1 -use_counters=0 -max_len=1200 fuzz/corpus/$(T) \
	    $(B)/fuzz/found/$(T)

# The same harness without libFuzzer: reads each seed once.
$(B)/replay/%: fuzz/%.c fuzz/replay.c $(FUZZ_H) $$(FUZZ_$$*) $(DOMAIN_H) $(B)/san/libquoth.a
	@mkdir -p $(@D)
	$(QUIET)$(CC) -std=c11 $(HOSTED) $(INC) $(FUZZ_INC) $(SAN) -o $@ $(filter %.c,$^) \
	    $(B)/san/libquoth.a

$(B)/fuzz/http $(B)/replay/http: tests/http_said.h port/serve/http.h
$(FIND:%=$(B)/fuzz/watched/%.o) $(FIND:%=$(B)/fuzz/plain/%.o): \
    $(addprefix core/find/,quoth_find.h find_inner.h)
$(B)/fuzz/find $(B)/replay/find: tests/find_ref.h core/find/quoth_find.h core/find/find_inner.h

.PHONY: fuzz fuzz-rates fuzz-seeds
