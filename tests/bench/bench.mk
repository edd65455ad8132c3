# bench: what lists are measured with. Nothing here is part of the command.

ENGINE   = batch batch_list batch_look batch_dest batch_talk due drive
BENCH_CC = $(CC) -std=c11 $(HOSTED) $(INC) -O2

$(B)/bench/list: tests/bench/list.c $(ENGINE:%=port/%.c) port/loop.c port/sock.c port/udp_pool.c $(wildcard port/*.h) $(B)/libquoth.a
	@mkdir -p $(@D)
	$(QUIET)$(BENCH_CC) -o $@ $(filter %.c %.a,$^)
$(B)/bench/lookups: tests/bench/lookups.c port/loop.c port/sock.c port/udp_pool.c $(B)/libquoth.a
	@mkdir -p $(@D)
	$(QUIET)if printf '#include <ares.h>\n' | $(CC) -E - >/dev/null 2>&1; then $(BENCH_CC) -o $@ $(filter %.c %.a,$^) -lcares; fi

bench: $(B)/bench/list $(B)/bench/floor $(B)/bench/responder $(B)/bench/delay $(B)/bench/lookups   ## Lists at speed, beside the least a client can do
	$(QUIET)B=$(B) sh tests/bench/bench.sh

# The list engine in a simulated world, and over real sockets.
BATCH_TEST     = $(QUIET)mkdir -p $(@D) && $(CC) $(WARN) $(HOSTED) $(INC) -Itests $(SAN) -o $@ $(filter %.c %.a,$^)
BATCH_TEST_BIN = $(B)/tests/list_world_test $(B)/tests/batch_test $(B)/tests/loop_test

$(B)/tests/list_world_test: tests/list_world_test.c $(ENGINE:%=port/%.c) tests/list_world.h tests/test.h $(wildcard port/*.h) $(B)/san/libquoth.a
	$(BATCH_TEST)
$(B)/tests/batch_test: tests/batch_test.c $(ENGINE:%=port/%.c) tests/list_world.h tests/test.h $(wildcard port/*.h) $(B)/san/libquoth.a
	$(BATCH_TEST)
$(B)/tests/loop_test: tests/loop_test.c port/loop.c port/sock.c port/udp_pool.c port/due.c tests/test.h $(wildcard port/*.h) $(B)/san/libquoth.a
	$(BATCH_TEST)

.PHONY: bench
