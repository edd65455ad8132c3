# bench: what lists are measured with. Nothing here is part of the command.

ENGINE   = batch batch_list batch_look batch_dest batch_talk due drive
ENGINE_PORT = port/loop.c port/sock.c port/udp_pool.c
PORT_H   = $(wildcard port/*.h)
BENCH_CC = $(CC) -std=c11 $(HOSTED) $(INC) -O2

$(B)/bench/list: tests/bench/list.c $(ENGINE:%=port/%.c) $(ENGINE_PORT) $(PORT_H) $(B)/libquoth.a
	@mkdir -p $(@D)
	$(QUIET)$(BENCH_CC) -o $@ $(filter %.c %.a,$^)
$(B)/bench/lookups: tests/bench/lookups.c $(ENGINE_PORT) $(B)/libquoth.a
	@mkdir -p $(@D)
	$(QUIET)if printf '#include <ares.h>\n' | $(CC) -E - >/dev/null 2>&1; then \
	    $(BENCH_CC) -o $@ $(filter %.c %.a,$^) -lcares; fi

BENCHES  = list floor responder delay lookups cost
bench: $(BENCHES:%=$(B)/bench/%) $(B)/quoth     ## Lists at speed, beside the least a client can do
	$(QUIET)B=$(B) sh tests/bench/bench.sh

# The list engine in a simulated world, and over real sockets.
BATCH_TEST     = $(QUIET)mkdir -p $(@D) && $(CC) $(WARN) $(HOSTED) $(INC) -Itests $(SAN) -o $@ $(filter %.c,$^) $(filter %.a,$^)
BATCH_TEST_BIN = $(B)/tests/list_world_test $(B)/tests/batch_test $(B)/tests/loop_test

$(B)/tests/list_world_test $(B)/tests/batch_test: $(B)/tests/%: tests/%.c $(ENGINE:%=port/%.c) tests/list_world.h
$(B)/tests/loop_test: tests/loop_test.c $(ENGINE_PORT) port/due.c
$(BATCH_TEST_BIN): tests/test.h $(PORT_H) $(B)/san/libquoth.a
	$(BATCH_TEST)

.PHONY: bench
