# tests of port/serve and port/gateway that are pure enough to be tested like core

$(B)/tests/query_test: $(OUT:%=port/app/%.c) $(patsubst %,port/%.c,serve/query app/say $(addprefix list/,$(LIST_IN) list_out))
$(B)/tests/query_test: INC += -Iport/serve
FILE_TESTS += $(B)/tests/query_test
