# tests of port/serve and port/gateway: what is pure enough to be tested like core, and the server

$(B)/tests/query_test: $(LIST_READ) port/serve/query.c port/list/list_out.c
$(B)/tests/query_test: INC += -Iport/serve
$(B)/tests/gateway_test: $(patsubst %,port/gateway/%.c,known known_table gate_read gate_words) \
    port/app/replace.c
$(B)/tests/gateway_test: INC += -Iport/serve -Iport/gateway $(TLS_INC)
$(B)/tests/doors_test: port/serve/doors.c
$(B)/tests/doors_test: INC += -Iport/serve
FILE_TESTS  += $(B)/tests/query_test $(B)/tests/gateway_test $(B)/tests/doors_test
SERVE_SUITES = "ports: env $(ASAN_QUOTH) python3 tests/serve_test.py" \
               "ports: env $(ASAN_QUOTH) python3 tests/jobs_test.py" \
               "sh tests/bench/serve_soak.sh tenth" \
               "env $(ASAN_QUOTH) python3 tests/api_test.py" \
               "env $(ASAN_QUOTH) python3 tests/gate_test.py" \
               "env $(ASAN_QUOTH) python3 tests/identities_test.py" \
               "bash tests/e2e/gateway.sh $(B)" \
               "ports: sh tests/e2e/clients.sh $(B)" \
               "ports: env QUOTH=$(B)/quoth PROXY_DEPS=$(B)/deps/e2e python3 tests/proxy_test.py" \
               "env QUOTH=$(B)/quoth sh tests/units_test.sh"

# Its file must be that of `quoth -f`.
jobs-kill: $(B)/quoth                   ## The server killed 50 times in a list of 20,000 rows
	$(QUIET)env QUOTH=$(B)/quoth KILLS=50 ROWS=20000 python3 tests/jobs_test.py B37_kill
.PHONY: jobs-kill
