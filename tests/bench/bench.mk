# bench: what lists are measured with. Nothing here is part of the command.

ENGINE   = $(addprefix batch/,batch batch_store batch_tell batch_family batch_dest batch_route \
           batch_guest batch_keep batch_look batch_end batch_pace batch_next batch_talk due) drive
ENGINE_PORT = $(addprefix port/posix/,posix.c loop.c loop_$(LOOP).c udp_pool.c)
PORT_H   = $(wildcard port/*.h port/*/*.h)
BENCH_CC = $(CC) -std=c11 $(HOSTED) $(INC) -O2

$(B)/bench/list: tests/bench/list.c $(ENGINE:%=port/%.c) $(ENGINE_PORT) port/tls/$(TLS).c \
                 port/tls/tls_sessions.c $(PORT_H) $(B)/libquoth.a $(TLS_DEP)
	@mkdir -p $(@D)
	$(QUIET)$(BENCH_CC) $(TLS_INC) -o $@ $(filter %.c,$^) $(B)/libquoth.a $(TLS_LIB)

# STARTTLS: a responder that does it, and what mbedTLS itself needs for a handshake, by a loop and
# by its own benchmark.
TLS_BENCHES = $(if $(filter locked,$(MBEDTLS)),responder_tls tls_floor mbedtls)
TLS_BENCH   = $(QUIET)mkdir -p $(@D) && $(BENCH_CC) $(TLS_INC) -o $@ $(filter %.c,$^) $(1) \
              $(B)/libquoth.a $(TLS_LIB)
$(B)/bench/responder: tests/bench/responder_tls.h
$(B)/bench/responder_tls: tests/bench/responder.c tests/bench/responder_tls.c port/posix/posix.c \
                          tests/bench/responder_tls.h tests/bench/tls_server.h \
                          $(B)/libquoth.a $(TLS_DEP)
	$(call TLS_BENCH,-DRESPONDER_TLS)
$(B)/bench/tls_floor: tests/bench/tls_floor.c port/posix/posix.c tests/bench/tls_server.h \
    $(B)/libquoth.a $(TLS_DEP)
	$(call TLS_BENCH)
$(B)/bench/mbedtls: port/posix/posix.c $(B)/libquoth.a $(TLS_DEP)
	$(call TLS_BENCH,-w -I$(DEPS)/mbedtls/library $(DEPS)/mbedtls/programs/test/benchmark.c)
$(B)/bench/lookups: tests/bench/lookups.c $(ENGINE_PORT) $(B)/libquoth.a
	@mkdir -p $(@D)
	$(QUIET)if printf '#include <ares.h>\n' | $(CC) -E - >/dev/null 2>&1; then \
	    $(BENCH_CC) -o $@ $(filter %.c %.a,$^) -lcares; fi

$(B)/bench/soak: tests/bench/soak.c $(ENGINE:%=port/%.c) $(ENGINE_PORT) $(PORT_H) $(B)/libquoth.a
	@mkdir -p $(@D)
	$(QUIET)$(BENCH_CC) -o $@ $(filter %.c,$^) $(B)/libquoth.a

bench-soak:                      ## Ten million addresses through one engine, and somebody who waits
bench-soak: $(B)/bench/soak $(B)/bench/responder
	$(QUIET)B=$(B) sh tests/bench/soak.sh
bench-serve-soak:                   ## Ten million checks through one server, and 1,000 slow clients
bench-serve-soak: $(B)/bench/responder $(B)/quoth
	$(QUIET)B=$(B) sh tests/bench/serve_soak.sh

bench-serve:                  ## The server beside the least that answers: requests, gateway, memory
bench-serve: $(B)/bench/serve_load $(B)/bench/responder $(B)/quoth
	$(QUIET)B=$(B) sh tests/bench/serve.sh

BENCHES  = list floor responder delay lookups cost
BENCHES += $(TLS_BENCHES)
bench: $(BENCHES:%=$(B)/bench/%) $(B)/quoth     ## Lists at speed, beside the least a client can do
	$(QUIET)B=$(B) sh tests/bench/bench.sh

# The list engine in a simulated world, and over real sockets.
BATCH_TEST     = $(QUIET)mkdir -p $(@D) && $(CC) $(WARN) $(ENGINE_HOSTED) $(INC) -Itests $(SAN) \
                 -o $@ $(filter %.c,$^) $(filter %.a,$^)
BATCH_TEST_BIN = $(B)/tests/list_world_test $(B)/tests/batch_test $(B)/tests/loop_test

$(B)/tests/list_world_test $(B)/tests/batch_test: $(B)/tests/%: tests/%.c $(ENGINE:%=port/%.c) \
    tests/list_world.h
$(B)/tests/list_world_test: tests/list_left.h
$(B)/tests/list_world_test: SAN += -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc
# Without sanitizers, which take two thirds of the time: most of the 100,000 worlds of `make check`.
$(B)/tests/list_worlds: SAN = -O2 -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc
$(B)/tests/list_worlds: tests/list_world_test.c $(ENGINE:%=port/%.c) $(B)/libquoth.a \
    tests/list_world.h tests/list_left.h tests/test.h $(PORT_H)
	$(BATCH_TEST)
$(B)/tests/loop_test: tests/loop_test.c $(ENGINE_PORT) port/batch/due.c
$(B)/tests/loop_test: SAN += $(call WRAP,setsockopt)
$(BATCH_TEST_BIN): tests/test.h $(PORT_H) $(B)/san/libquoth.a
	$(BATCH_TEST)

.PHONY: bench bench-soak bench-serve-soak
