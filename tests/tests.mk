# tests: `make check` runs everything and closes with "N passed, N failed"

# Unit suites over core alone, each tests/NAME_test.c.
TESTS    = random ip addr idna lists target name dns lookup cache mx reply smtp judge verdict verify
TEST_BIN = $(TESTS:%=$(B)/tests/%_test)

$(B)/tests/%_test: tests/%_test.c tests/test.h $(B)/san/libquoth.a
	@mkdir -p $(@D)
	$(QUIET)$(CC) $(WARN) $(HOSTED) $(INC) -Itests $(SAN) -o $@ $< $(B)/san/libquoth.a
