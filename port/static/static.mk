# port/static: one file that needs nothing of the system it runs on, also for other machines
#
#   make static                         for a machine like this one
#   make static TARGET=mips             x86_64, mips, mipsel (32 bits, hard float),
#                                       armhf (ARMv7), aarch64, riscv64
#   make static TARGET=mips TLS12_ONLY=1    20 KB less
#   make static SERVE=1                 with quoth serve
#   make static TOOLS=none              checks and lists of addresses alone: a third less
#   make static TOOLS=sandbox           those and the sandbox
#   make static PACK=1                  packed as well, in TARGET-packed: half as large on the disk
#   make static PSA=mbedtls             the key exchange by mbedTLS's own psa_crypto.c,
#                                       not static/psa.c: 13 KB more
#
# The compilers are Debian's gcc-*-linux-gnu; the C library is the musl of port/deps, built once for
# each target. Without stack protector, relocations, unwind tables, or what of C++ runs before
# main(); floating point is not printed (static/printf.c), RSA private keys are not used
# (static/never.c), of PSA is there what TLS 1.3 asks for (static/psa.c), and two constants that are
# alike are one.

TARGET      ?= $(shell uname -m)
PACK        ?= 0
TRIPLE       = $(if $(filter armhf,$(TARGET)),arm-linux-gnueabihf,$(TARGET)-linux-gnu)
STATIC_SERVE = $(if $(filter command environment,$(firstword $(origin SERVE))),$(SERVE),0)
STATIC_KIND  = $(if $(TLS12_ONLY),-tls12)$(if $(PSA),-psa)$(if $(filter 1,$(STATIC_SERVE)),-serve)
STATIC_KIND := $(STATIC_KIND)$(addprefix -,$(patsubst none,addresses,$(filter-out all,$(TOOLS))))
STATIC       = $(B)/static/$(TARGET)$(STATIC_KIND)
MUSL         = $(DEPS)/musl-$(TARGET)
$(if $(filter 0 1,$(PACK)),,$(error PACK is 0 or 1, not "$(PACK)"))
PACKED       = $(if $(filter 1,$(PACK)),$(STATIC)-packed/quoth)
PACKS        = x86_64 mips mipsel armhf aarch64
$(if $(PACKED),$(if $(filter $(TARGET),$(PACKS)),,$(error PACK=1 is for $(PACKS), not $(TARGET))))
# x86_64: no room between things for speed, nor for pages, and a struct stays whole, for its parts
# in registers of their own are saved around calls; mips: calls go straight, not through a table.
MACHINE_x86_64 = -malign-data=abi -fno-ipa-sra -fno-tree-sra
LINK_x86_64    = -Wl,-z,common-page-size=64
MACHINE_mips   = -mplt -mno-shared
MACHINE_mipsel = $(MACHINE_mips)
STATIC_CC    = $(TRIPLE)-gcc -specs $(MUSL)/specs
MUSL_FLAGS   = -Oz -ffunction-sections -fdata-sections -fno-pie -fno-jump-tables \
               -fno-inline-functions-called-once -fno-caller-saves -fno-shrink-wrap \
               -fno-if-conversion -fno-tree-loop-im -fno-move-loop-invariants \
               -fno-tree-dominator-opts -fno-ssa-phiopt $(MACHINE_$(TARGET))
STATIC_FLAGS = $(MUSL_FLAGS) -flto=auto -fmerge-all-constants -fno-stack-protector \
               -fno-unwind-tables -fno-asynchronous-unwind-tables \
               $(if $(TLS12_ONLY),-DQUOTH_TLS12_ONLY) $(STATIC_SUM) \
               $(if $(filter none,$(TOOLS)),-DQUOTH_TLS_CLIENT_ONLY) \
               -DMBEDTLS_USER_CONFIG_FILE="\"port/static/mbedtls.h\""
# A library is told from another by its flags, so they hold a sum of the config.
STATIC_SUM  := -DQUOTH_STATIC=$(shell cat port/static/*.h | cksum | cut -d' ' -f1)
STATIC_LINK  = -static -no-pie -s -flto-partition=one -Wl,--gc-sections -Wl,-z,norelro \
               -Wl,-z,noseparate-code -Wl,-z,muldefs $(LINK_$(TARGET)) -nostartfiles \
               $(MUSL)/lib/crt1.o
STATIC_O     = $(STATIC)/printf.o $(STATIC)/never.o \
               $(if $(TLS12_ONLY)$(PSA)$(filter-out locked,$(MBEDTLS)),,$(STATIC)/psa.o)
# What is not in the library is compiled again when FLAGS_IN changes.
# The large lists in shorter marks.
STATIC_LIMITS = $(subst QUOTH_LISTS=3,QUOTH_LISTS=2,$(LIMITS))
STATIC_SUB   = $(MAKE) --no-print-directory B=$(STATIC) DEPS=$(DEPS) CC='$(STATIC_CC)' \
               AR=$(TRIPLE)-gcc-ar CFLAGS='$(STATIC_FLAGS)' MBEDTLS_CFLAGS='$(STATIC_FLAGS)' \
               LDFLAGS='$(STATIC_LINK)' \
               LIMITS='$(STATIC_LIMITS)' FIRST_O='$(STATIC_O)' HTTP=none \
               SERVE=$(STATIC_SERVE) FLAGS_IN=port/static/static.mk

static:                  ## Build a small static command, build/static/TARGET/quoth: TARGET=mips ...
static: $(MUSL)/specs $(STATIC_O) $(if $(PACKED),$(filter $(DEPS)/%,$(UPX)))
	$(QUIET)$(STATIC_SUB) $(STATIC)/quoth
	$(if $(PACKED),$(QUIET)mkdir -p $(dir $(PACKED)) && \
	    $(UPX) --ultra-brute -qqq -f -o $(PACKED) $(STATIC)/quoth)
	$(QUIET)ls -l $(STATIC)/quoth $(PACKED)

# Of musl what a static program needs. Sections let the linker leave out what nobody calls.
$(DEPS)/musl-%/specs: $(DEPS)/musl/.sum port/static/static.mk
	$(QUIET)command -v $(TRIPLE)-gcc > /dev/null || \
	    { echo "static: no $(TRIPLE)-gcc (Debian: gcc-$(TRIPLE))" >&2; exit 1; }
	@echo "building $(@D)"
	@rm -rf $(@D) && mkdir -p $(@D)/obj
	$(QUIET)cd $(@D)/obj && CC=$(TRIPLE)-gcc CROSS_COMPILE=$(TRIPLE)- \
	    $(abspath $(DEPS))/musl/configure \
	    --prefix=/ --disable-shared --disable-optimize --target=$(subst gnu,musl,$(TRIPLE)) \
	    CFLAGS="$(MUSL_FLAGS)" > log 2>&1 && \
	    $(MAKE) --no-print-directory -j$(NPROC) DESTDIR=.. install-libs install-headers \
	    >> log 2>&1 || \
	    { tail -n 5 log >&2; exit 1; }
	$(QUIET)rm -rf $(@D)/obj && \
	    sh $(DEPS)/musl/tools/musl-gcc.specs.sh $(@D)/include $(@D)/lib none > $@

$(STATIC_O): $(STATIC)/%.o: port/static/%.c port/posix/posix.h $(HEADERS) $(MUSL)/specs $(TLS_SUM)
	@mkdir -p $(@D)
	$(QUIET)$(STATIC_CC) $(WARN) $(HOSTED) $(INC) $(TLS_INC) $(STATIC_FLAGS) $(NO_LTO) -c -o $@ $<
# Their functions are also the compiler's own.
$(STATIC)/printf.o $(STATIC)/never.o: NO_LTO = -fno-lto

# The suites over core for that target, from the same objects as everywhere but without sanitizers.
STATIC_TESTS = $(TESTS) resolvconf out drive printf psa
static-tests: $(MUSL)/specs
	$(QUIET)$(STATIC_SUB) -j$(NPROC) SAN="-O1 -static -no-pie -DTEST_TENTH" \
	    $(STATIC_TESTS:%=$(STATIC)/tests/%_test)

check-cross:          ## Build for every target that has a compiler here, run it all under qemu-user
check-cross: $(B)/quoth
	$(QUIET)B=$(B) sh tests/cross_test.sh

.PHONY: static static-tests check-cross
