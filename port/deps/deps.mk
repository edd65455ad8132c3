# port/deps: locked third-party sources, and the library made of them
#
# MBEDTLS = locked (the source in port/deps/lock, the default), system (the installed library, 2.28
# or 3.x) or none (no TLS). Sources are shared by all builds; a library belongs to one compiler and
# config.

MBEDTLS ?= locked
DEPS    ?= build/deps
MBEDTLS_CFLAGS ?= -O2
NPROC   := $(shell nproc 2>/dev/null || echo 1)

$(DEPS)/%/.sum: port/deps/get.sh port/deps/lock
	$(QUIET)sh port/deps/get.sh $* $(DEPS)
	$(QUIET)touch $@

deps:                                   ## Fetch the third-party sources (once; then offline)
deps: $(DEPS)/mbedtls/.sum $(DEPS)/lwip/.sum $(DEPS)/node-llhttp/.sum

# $(call MBEDTLS_LIB,DIR,CC,AR,FLAGS,CONFIG): the rule for DIR/libmbedtls.a. The files of the source
# are known only once it is there, hence the second make; it builds in parallel by itself when this
# one does not.
define MBEDTLS_LIB
$(1)/libmbedtls.a: $(DEPS)/mbedtls/.sum $(5) port/deps/lib.mk
	@mkdir -p $(1)
	@echo "building $$@"
	$$(QUIET)$$(MAKE) --no-print-directory $$(if $$(filter -j%,$$(MAKEFLAGS)),,-j$$(NPROC)) \
	    -f port/deps/lib.mk SRC=$(DEPS)/mbedtls OUT=$(1) CONFIG=$(5) \
	    CC='$(2)' AR='$(3)' FLAGS='$(4)'
	$$(QUIET)touch $$@
endef

ifeq ($(MBEDTLS),locked)
TLS      = tls_mbedtls
TLS_DIR := $(B)/deps/lib-$(shell printf '%s' '$(CC) $(MBEDTLS_CFLAGS)' | cksum | cut -d' ' -f1)
TLS_INC  = -I$(DEPS)/mbedtls/include -I. -DMBEDTLS_CONFIG_FILE='"port/tls/mbedtls_config.h"'
TLS_DEP  = $(TLS_DIR)/libmbedtls.a
TLS_LIB  = $(TLS_DEP)
TLS_SUM  = $(DEPS)/mbedtls/.sum
$(eval $(call MBEDTLS_LIB,$(TLS_DIR),$(CC),$(AR),$(MBEDTLS_CFLAGS),port/tls/mbedtls_config.h))
else ifeq ($(MBEDTLS),system)
TLS      = tls_mbedtls
TLS_LIB  = -lmbedtls -lmbedx509 -lmbedcrypto
else ifeq ($(MBEDTLS),none)
TLS      = tls_none
TLS_INC  = -DQUOTH_NO_TLS=1
else
$(error MBEDTLS is locked, system or none, not "$(MBEDTLS)")
endif

# Three files, as they are; without debugging information, which would be twelve times the code.
LLHTTP_CFLAGS ?= $(MBEDTLS_CFLAGS)
LLHTTP_SRC = $(DEPS)/node-llhttp
LLHTTP_DEP = $(LLHTTP_SRC)/.sum
LLHTTP_INC = -isystem $(abspath $(LLHTTP_SRC))/include/llhttp
LLHTTP_DIR := $(B)/deps/llhttp-$(shell printf '%s' '$(CC) $(LLHTTP_CFLAGS)' | cksum | cut -d' ' -f1)
LLHTTP_LIB = $(LLHTTP_DIR)/libllhttp.a
LLHTTP_C   = $(patsubst %,$(LLHTTP_SRC)/llhttp/%.c,llhttp api http)
$(LLHTTP_C): $(LLHTTP_DEP) ;
$(LLHTTP_DIR)/%.o: $(LLHTTP_SRC)/llhttp/%.c
	@mkdir -p $(@D)
	$(QUIET)$(CC) -std=c11 $(LLHTTP_INC) -ffunction-sections -fdata-sections $(LLHTTP_CFLAGS) \
	    -c -o $@ $<
$(LLHTTP_DIR)/libllhttp.a: $(patsubst $(LLHTTP_SRC)/llhttp/%.c,$(LLHTTP_DIR)/%.o,$(LLHTTP_C))
	$(QUIET)rm -f $@ && $(AR) rcs $@ $^

# The packer of `make static PACK=1`, built as its makers build it; another one: UPX=upx.
UPX ?= $(DEPS)/upx-ucl/built/upx
$(DEPS)/upx-ucl/built/upx: $(DEPS)/upx-ucl/.sum
	$(QUIET)command -v cmake > /dev/null && command -v g++ > /dev/null || \
	    { echo "static: PACK=1 builds UPX with cmake and g++; UPX=upx takes yours" >&2; exit 1; }
	@echo "building $@"
	$(QUIET)mkdir -p $(@D) && cd $(@D) && \
	    { env -u CC -u CXX -u CFLAGS cmake -DCMAKE_BUILD_TYPE=Release .. && \
	      $(MAKE) --no-print-directory -j$(NPROC) upx; } > log 2>&1 || { tail -n 5 log >&2; exit 1; }
	$(QUIET)touch $@

.PHONY: deps
