# fuzz: `make fuzz T=reply S=60` hunts; `make check` replays every corpus

FUZZ     = addr name dns lookup reply smtp verify judge
T       ?= reply
S       ?= 60

$(B)/fuzz/%: fuzz/%.c $(CORE:%=core/%.c) $(HEADERS) $(GEN)
	@mkdir -p $(@D)
	$(QUIET)clang -std=c11 $(HOSTED) $(INC) -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
	    -o $@ $< $(CORE:%=core/%.c)

fuzz: $(B)/fuzz/$(T)                    ## Fuzz one target: make fuzz T=reply S=60
	@mkdir -p $(B)/fuzz/found/$(T)
	$(B)/fuzz/$(T) -max_total_time=$(S) -print_final_stats=1 -artifact_prefix=$(B)/fuzz/found/ \
	    $(B)/fuzz/found/$(T) fuzz/corpus/$(T)

# The same harness without libFuzzer: reads each seed once.
$(B)/replay/%: fuzz/%.c fuzz/replay.c $(B)/san/libquoth.a
	@mkdir -p $(@D)
	$(QUIET)$(CC) -std=c11 $(HOSTED) $(INC) $(SAN) -o $@ $< fuzz/replay.c $(B)/san/libquoth.a

.PHONY: fuzz
