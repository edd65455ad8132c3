# port: the command, the single file, the demo; sizes and purity; install

PREFIX  ?= /usr/local
DESTDIR ?=
PORT_O   = $(PORT:%=$(B)/port/%.o)
CLI_O    = $(CLI:%=$(B)/port/%.o)
PORT_INC = $(addprefix -Iport/,app cli list sandbox fetch serve gateway)
PORT_CC  = $(CC) $(WARN) $(HOSTED) $(INC) $(PORT_INC) $(TLS_INC) $(SERVE_INC)

# The words of the help, packed as those of findings are.
$(B)/host/pack_help: port/app/pack_help.c core/data/pack_pairs.h
	@mkdir -p $(@D)
	$(QUIET)$(HOSTCC) -std=c11 -O1 -Wall -Wextra -o $@ $<
$(B)/gen/help.h: port/app/options.c port/app/help.txt $(B)/host/pack_help
	@mkdir -p $(@D)
	$(QUIET)$(B)/host/pack_help port/app/options.c port/app/help.txt > $@.new && mv $@.new $@

# Headers of a locked source must be there before anything that may include them.
$(B)/port/%.o: port/%.c $(HEADERS) $(GEN) $(TLS_SUM) $(SERVE_DEP)
	@mkdir -p $(@D)
	$(QUIET)$(PORT_CC) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/port/sandbox/%.o: INC += $(if $(filter none,$(HTTP)),-DQUOTH_NO_HTTP=1)
HTTP_LIB = $(if $(filter llhttp,$(HTTP)),$(LLHTTP_LIB))
$(B)/port/fetch/answer_llhttp.o: INC += $(LLHTTP_INC)
$(B)/port/fetch/answer_llhttp.o: $(LLHTTP_DEP)

# LOOP decides what these are built against, so they are built again when it changes.
ENGINE_O = $(filter $(B)/port/posix/% $(B)/port/batch/%,$(PORT_O))
$(ENGINE_O): HOSTED := $(ENGINE_HOSTED)
$(ENGINE_O): $(B)/loop.$(LOOP)
$(B)/loop.$(LOOP):
	@mkdir -p $(@D) && rm -f $(B)/loop.* && touch $@

# FIRST_O: objects that go in front of all others.
$(B)/quoth: $(FIRST_O) $(CLI_O) $(PORT_O) $(B)/libquoth.a $(TLS_DEP) \
    $(sort $(HTTP_LIB) $(SERVE_LIB))
	$(QUIET)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(FIRST_O) $(CLI_O) $(PORT_O) $(B)/libquoth.a $(TLS_LIB) \
	    $(sort $(HTTP_LIB) $(SERVE_LIB))

# Suites over the port, with the sanitizers; --wrap lets a test break one call after the other.
PORT_TESTS    = drive sock $(if $(filter none,$(MBEDTLS)),,tls tls_sessions)
PORT_TESTS   += $(if $(filter locked,$(MBEDTLS)),psa)
PORT_TEST_BIN = $(PORT_TESTS:%=$(B)/tests/%_test)
PORT_TEST     = $(QUIET)mkdir -p $(@D) && $(PORT_CC) -Itests $(SAN) -o $@ $(filter %.c %.a,$^)
WRAP          = $(foreach f,$(1),-Wl,--wrap=$(f))

$(B)/tests/drive_test: tests/drive_test.c port/drive.c port/port.h tests/test.h \
    $(B)/san/libquoth.a $(TLS_SUM)
	$(PORT_TEST)
$(B)/tests/sock_test: tests/sock_test.c port/posix/sock.c port/posix/posix.c port/posix/sock.h \
    port/port.h tests/test.h $(TLS_SUM)
	$(PORT_TEST) $(call WRAP,socket bind connect send recv poll getsockopt setsockopt getentropy close)
$(B)/tests/tls_test $(B)/tests/tls_sessions_test: $(B)/tests/%_test: tests/%_test.c \
                     $(foreach f,tls_mbedtls tls_sessions tls_cert,port/tls/$f.c port/tls/$f.h) \
                     core/domain/tlsa.c \
                     port/posix/posix.c port/posix/sock.c tests/tls_world.h tests/test.h \
                     $(B)/san/libquoth.a $(TLS_DEP)
	$(PORT_TEST) $(TLS_LIB) \
	    $(call WRAP,calloc time psa_crypto_init mbedtls_ssl_set_hostname mbedtls_ssl_handshake \
	    mbedtls_ssl_read mbedtls_ssl_write)
$(B)/tests/psa_test: tests/psa_test.c port/static/psa.c port/posix/posix.h tests/test.h $(TLS_DEP)
	$(QUIET)mkdir -p $(@D) && $(PORT_CC) -Itests $(SAN) -o $@ $< $(TLS_LIB) $(call WRAP,calloc)

purity:                 ## Check that core is pure and that no command to send mail is in the binary
purity: $(CORE_O) $(DOMAIN_O) $(FIND_O) $(B)/quoth
	$(QUIET)sh tests/purity.sh $(B)/quoth $(CORE_O) $(DOMAIN_O) $(FIND_O)

# lwIP's port as well, though this machine has no use for it.
$(B)/port/lwip/%.o: INC += -Itests/lwip $(LWIP_INC)
$(B)/port/lwip/lwip_raw.o: $(DEPS)/lwip/.sum
layers:                                 ## Check that no file uses one above it, by the objects
layers: $(CORE_O) $(DOMAIN_O) $(FIND_O) $(PORT_O) $(CLI_O) $(B)/port/lwip/lwip_raw.o
	$(QUIET)CORE='$(CORE) $(notdir $(DOMAIN) $(FIND))' CC='$(CC)' \
	    sh tests/layers.sh tests/layers.txt $^

private:                ## Check that nobody outside core reaches into its machines
private: $(GEN) $(TLS_SUM) $(SERVE_DEP) $(LLHTTP_DEP) $(DEPS)/lwip/.sum
	$(QUIET)FILES='$(patsubst %,port/%.c,$(PORT) $(CLI) lwip/lwip_raw example/bare)' \
	    python3 tests/private.py $(CC) -std=c11 $(HOSTED) $(INC) $(PORT_INC) $(TLS_INC) \
	    $(SERVE_INC) $(LLHTTP_INC) -Itests/lwip $(LWIP_INC)

size:                               ## Sizes of core on two machines; fails when a limit is exceeded
size: $(GEN)
	$(QUIET)B=$(B) DOMAIN='$(filter-out $(IDENTITY) $(POLICY),$(DOMAIN))' POLICY='$(POLICY)' \
	    IDENTITY='$(IDENTITY)' THUMB_FLAGS='$(FW_FLAGS) -mno-unaligned-access' \
	    sh tests/size.sh $(CORE)

demo:                    ## From a fresh clone to verdicts, offline but for the sources, in a minute
	$(QUIET)sh port/deps/packages.sh demo
	$(QUIET)$(MAKE) --no-print-directory -j$(NPROC) $(B)/quoth
	$(QUIET)QUOTH=$(B)/quoth sh tests/demo.sh

# The library that is installed has the POSIX port in it, and the TLS filter if the system has that
# mbedTLS too.
SYSTEM_TLS = $(if $(filter system,$(MBEDTLS)),tls/tls_mbedtls tls/tls_sessions tls/tls_cert)
INSTALL_O  = $(CORE_O) $(DOMAIN_O) $(FIND_O) \
             $(filter-out $(if $(SYSTEM_TLS),,$(B)/port/tls/tls_%.o),$(PORT_O))
INSTALL_H  = $(patsubst %,port/%.h,port posix/sock posix/loop posix/resolvconf batch/batch \
             $(SYSTEM_TLS))
$(B)/install/libquoth.a: $(INSTALL_O)
	@mkdir -p $(@D)
	$(QUIET)rm -f $@ && $(AR) rcs $@ $^

TO = $(DESTDIR)$(PREFIX)
install:                                ## Install command, library, manual: PREFIX=, DESTDIR=
install: $(B)/quoth $(B)/install/libquoth.a $(B)/single/quoth.h
	install -d $(TO)/bin $(TO)/lib/pkgconfig $(TO)/include/quoth $(TO)/share/man/man1
	install -m 755 $(B)/quoth $(TO)/bin/quoth
	install -m 644 $(B)/install/libquoth.a $(TO)/lib/libquoth.a
	{ for l in $(LIMITS); do echo "#define $${l%=*} $${l#*=}"; done; \
	  cat $(B)/single/quoth.h; } > $(TO)/include/quoth.h
	install -m 644 $(INSTALL_H) core/domain/quoth_domain.h $(TO)/include/quoth
	{ echo 'prefix=$(PREFIX)'; sed -n 's/^#define QUOTH_VERSION "\(.*\)"/Version: \1/p' core/quoth.h; \
	  cat port/posix/quoth.pc; \
	  echo 'Libs: -L$${prefix}/lib -lquoth $(if $(SYSTEM_TLS),$(TLS_LIB))'; } \
	    > $(TO)/lib/pkgconfig/quoth.pc
	install -m 644 port/cli/quoth.1 $(TO)/share/man/man1/quoth.1

include port/static/static.mk port/single/single.mk
-include $(wildcard $(B)/port/*.d $(B)/port/*/*.d)

.PHONY: purity layers private size demo install
