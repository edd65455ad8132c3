# fuzz: `make fuzz T=reply S=60 [L=4096]` hunts; `make check` replays every corpus

FUZZ     = addr ip name dns lookup answer reply smtp verify judge resolvconf list pace spf_term spf tags dkim domain policy tlsa find http web cache manners score zone
# What a harness needs besides core.
FUZZ_resolvconf = port/posix/resolvconf.c
FUZZ_list       = $(addprefix port/,$(LIST_IN:%=list/%.c) $(OUT:%=app/%.c))
FUZZ_zone       = $(patsubst %,port/app/%.c,zone zone_read zone_write file say escape stream memory)
FUZZ_pace       = $(ENGINE:%=port/%.c)
FUZZ_http       = port/serve/http.c $(LLHTTP_C)
FUZZ_web        = port/fetch/answer_llhttp.c $(LLHTTP_C)
FUZZ_INC        = -Itests $(addprefix -Iport/,app cli list serve fetch) $(LLHTTP_INC)
# The extractor costs by the byte, most of it for watching each comparison; 64 bytes are 50,000 runs a second.
FUZZ_CC_find    = -fno-sanitize-coverage=trace-cmp
FUZZ_LEN_find   = 64
# Small records: no seed is longer, and at libFuzzer's 4,096 bytes they run at about half of that rate.
FUZZ_LEN_spf_term = 512
FUZZ_LEN_tags     = 384
FUZZ_LEN_dkim     = 132
FUZZ_LEN_tlsa     = 80
T       ?= reply
S       ?= 60
L       ?= $(FUZZ_LEN_$(T))

.SECONDEXPANSION:
$(B)/fuzz/%: fuzz/%.c $$(FUZZ_$$*) $(patsubst %,core/%.c,$(CORE) $(DOMAIN) $(FIND)) $(HEADERS) $(DOMAIN_H) $(GEN)
	@mkdir -p $(@D)
	$(QUIET)clang -std=c11 $(HOSTED) $(INC) $(FUZZ_INC) -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
	    $(FUZZ_CC_$*) -o $@ $(filter %.c,$^)

fuzz: $(B)/fuzz/$(T)                    ## Fuzz one target: make fuzz T=reply S=60
	@mkdir -p $(B)/fuzz/found/$(T)
	$(B)/fuzz/$(T) -max_total_time=$(S) $(if $(L),-max_len=$(L)) -print_final_stats=1 -artifact_prefix=$(B)/fuzz/found/ \
	    $(B)/fuzz/found/$(T) fuzz/corpus/$(T)

# A row a harness. What one of them finds is in found/, and the target fails.
fuzz-rates: $(FUZZ:%=$(B)/fuzz/%)       ## How many runs a second has each harness? S=10 seconds for each
	$(QUIET)found=0; for t in $(FUZZ); do \
	    $(MAKE) --no-print-directory fuzz T=$$t S=$(S) > $(B)/fuzz/rate 2>&1 || { found=1; echo "$$t: found something"; }; \
	    awk -v t=$$t '/average_exec_per_sec/ { printf "%-12s %8d runs/s\n", t, $$2 }' $(B)/fuzz/rate; done; exit $$found

fuzz-seeds: $(B)/fuzz/$(T)              ## Keep of what was found the fewest inputs that reach more: make fuzz-seeds T=reply
	$(B)/fuzz/$(T) -set_cover_merge=1 -use_counters=0 -max_len=1200 fuzz/corpus/$(T) $(B)/fuzz/found/$(T)

# The same harness without libFuzzer: reads each seed once.
$(B)/replay/%: fuzz/%.c fuzz/replay.c $$(FUZZ_$$*) $(DOMAIN_H) $(B)/san/libquoth.a
	@mkdir -p $(@D)
	$(QUIET)$(CC) -std=c11 $(HOSTED) $(INC) $(FUZZ_INC) $(SAN) -o $@ $(filter %.c,$^) $(B)/san/libquoth.a

$(B)/fuzz/http $(B)/replay/http: tests/http_said.h port/serve/http.h
$(B)/fuzz/find $(B)/replay/find: tests/find_ref.h core/find/quoth_find.h core/find/find_inner.h

.PHONY: fuzz fuzz-rates fuzz-seeds
