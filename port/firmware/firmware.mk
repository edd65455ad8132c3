# firmware: the raw port on the host (a test), images for two boards, sizes

LWIP      = $(DEPS)/lwip/src
LWIP_SRC  = $(addprefix core/,init def inet_chksum ip mem memp netif pbuf stats sys timeouts udp \
            tcp tcp_in tcp_out ipv4/etharp ipv4/icmp ipv4/ip4 ipv4/ip4_addr \
            ipv4/ip4_frag) netif/ethernet
LWIP_SIX  = $(addprefix core/ipv6/,ethip6 icmp6 ip6 ip6_addr ip6_frag mld6 nd6)
LWIP_INC  = -Iport/firmware -Iport/lwip -isystem $(LWIP)/include

# The raw port over lwIP's own loopback, lwIP itself with the sanitizers too.
LWIP_TEST_O = $(patsubst %,$(B)/san/lwip/%.o,$(LWIP_SRC) $(LWIP_SIX))
LWIP_TEST   = -std=c11 $(SAN) -Itests/lwip $(LWIP_INC)
$(B)/san/lwip/%.o: $(DEPS)/lwip/.sum tests/lwip/lwipopts.h port/firmware/arch/cc.h
	@mkdir -p $(@D)
	$(QUIET)$(CC) $(LWIP_TEST) -c -o $@ $(LWIP)/$*.c
$(B)/tests/lwip_test: tests/lwip_test.c port/lwip/lwip_raw.c port/drive.c port/lwip/lwip_raw.h \
                      port/port.h tests/test.h $(LWIP_TEST_O) $(B)/san/libquoth.a
	@mkdir -p $(@D)
	$(QUIET)$(CC) $(WARN) $(HOSTED) $(LWIP_TEST) $(INC) -Itests -o $@ $(filter %.c %.o %.a,$^)

# ---- images ------------------------------------------------------------------------
# BUILD/firmware/BOARD.elf with TLS, BOARD-clear.elf without, BOARD-health.elf without and with
# QUOTH_HEALTH. Include this file before any that uses $(TLS) in a rule: on the command line TLS is
# 0 or 1, elsewhere the name of the TLS file of the port.

BOARD    ?= mps2-an385
FW_CLEAR :=
ifeq ($(origin TLS),command line)
FW_CLEAR := $(if $(filter 0,$(TLS)),$(if $(filter 1,$(HEALTH)),-health,-clear))
override TLS := tls_$(if $(filter none,$(MBEDTLS)),none,mbedtls)
endif

ARM      ?= arm-none-eabi-
# Of -Os what makes code longer here is left out: copies of branches, values kept over calls or out
# of loops.
FW_FLAGS  = -mcpu=cortex-m3 -mthumb -Os -ffunction-sections -fdata-sections -fno-caller-saves \
            -fno-shrink-wrap -fno-if-conversion -fno-tree-loop-im -fno-move-loop-invariants \
            -fno-tree-dominator-opts -fno-schedule-insns2
# Core, port and driver are compiled as one: smaller by a tenth, and in the map as one file
# (tests/size.sh). Small copies are calls there: nothing of ours copies much, while the checksums of
# lwIP and the ciphers do.
FW_LTO    = -flto -mno-unaligned-access
FW_WARN   = $(WARN) -Wstack-usage=1024
FW_ONE    = $(FW_OWN:%=%.c) $(FW_HEALTH:%=%.c)
FW_CC     = $(ARM)gcc $(FW_WARN) $(FW_FLAGS) $(if $(filter $(FW_ONE),$<),$(FW_LTO)) \
            $(INC) $(LWIP_INC) -DQUOTH_CONFIG='"firmware/small.h"'
FW_LD     = $(ARM)gcc $(FW_WARN) $(FW_FLAGS) $(FW_LTO) -flto-partition=one --specs=nano.specs \
            -nostartfiles -Wl,--gc-sections -Lport/firmware
FW_OWN    = $(CORE:%=core/%) port/lwip/lwip_raw port/drive
FW_HEALTH = $(addprefix core/domain/,spf_term ask spf inquiry identity identity_judge checks)
FW_SRC    = $(addprefix port/firmware/,main settings start semihost)
FW_H      = $(HEADERS) $(GEN) core/small.h $(wildcard port/*.h port/*/*.h port/firmware/arch/*.h) \
            $(DEPS)/lwip/.sum

FW_BOARDS = mps2-an385 lm3s6965evb
FW_NET_mps2-an385  = lan9118
FW_NET_lm3s6965evb = stellaris_enet
FW_TLS_mps2-an385  = -DFW_TLS_IN=16384 -DFW_ARENA=49152
FW_TLS_lm3s6965evb = -DFW_TLS_IN=4096 -DFW_ARENA=24576

# $(call FW_IMAGE,IMAGE,BOARD,TLS file,FLAGS,LIBRARY,MORE): everything of an image in a directory of
# its own
define FW_IMAGE
$(B)/firmware/$(1)/%.o: %.c $$(FW_H) $(5)
	@mkdir -p $$(@D)
	$$(QUIET)$$(FW_CC) $(4) -c -o $$@ $$<
$(B)/firmware/$(1)/lwip/%.o: $$(DEPS)/lwip/.sum port/firmware/lwipopts.h port/firmware/arch/cc.h
	@mkdir -p $$(@D)
	$$(QUIET)$$(ARM)gcc -std=c11 $$(FW_FLAGS) $$(LWIP_INC) -c -o $$@ $$(LWIP)/$$*.c
$(B)/firmware/$(1).elf: $$(patsubst %,$(B)/firmware/$(1)/%.o,$$(FW_OWN) $(6) port/tls/$(3) \
        $$(FW_SRC) port/firmware/$(2) port/firmware/$$(FW_NET_$(2)) $$(LWIP_SRC:%=lwip/%)) \
        $(5) $$(wildcard port/firmware/*.ld)
	$$(QUIET)$$(FW_LD) -T $(2).ld -Wl,-Map=$$(@:.elf=.map) -o $$@ $$(filter %.o %.a,$$^)
endef
$(foreach b,$(FW_BOARDS),$(eval $(call MBEDTLS_LIB,$(B)/firmware/mbedtls-$(b),$(ARM)gcc,$(ARM)ar, \
    $(FW_FLAGS) $(FW_TLS_$(b)),port/firmware/mbedtls_config.h)))
FW_MBEDTLS = -isystem $(DEPS)/mbedtls/include -I. \
             -DMBEDTLS_CONFIG_FILE='"port/firmware/mbedtls_config.h"'
$(foreach b,$(FW_BOARDS),$(eval $(call FW_IMAGE,$(b)-clear,$(b),tls_none,-DQUOTH_NO_TLS=1,)))
$(foreach b,$(FW_BOARDS),$(eval $(call FW_IMAGE,$(b)-health,$(b),tls_none, \
    -DQUOTH_NO_TLS=1 -DQUOTH_HEALTH=1,,$(FW_HEALTH))))
$(foreach b,$(FW_BOARDS),$(eval $(call FW_IMAGE,$(b),$(b),tls_mbedtls, \
    $(FW_MBEDTLS) $(FW_TLS_$(b)),$(B)/firmware/mbedtls-$(b)/libmbedtls.a)))

firmware:           ## Build an image: BOARD=mps2-an385|lm3s6965evb TLS=0|1 HEALTH=0|1 (without TLS)
firmware: $(B)/firmware/$(BOARD)$(FW_CLEAR).elf
	$(QUIET)$(ARM)size $<

# $(call QUOTED,WORD): for the shell; addresses hold all sorts of bytes
QUOTED = '$(subst ','\'',$(1))'
run-firmware:                           ## Run it against the sandbox: ADDRESS=, or its console
run-firmware: $(B)/firmware/$(BOARD)$(FW_CLEAR).elf $(B)/quoth
	$(QUIET)sh port/firmware/run.sh $(BOARD) $< $(B)/quoth \
	    $(if $(ADDRESS),$(call QUOTED,$(ADDRESS))); [ $$? -le 3 ]

FW_IMAGES = $(foreach b,$(FW_BOARDS),$(addprefix $(B)/firmware/$(b),.elf -clear.elf -health.elf))
firmware-all: $(FW_IMAGES)
check-firmware:                      ## Both boards under QEMU, against real servers and the sandbox
	$(QUIET)$(MAKE) --no-print-directory -j$(NPROC) WERROR=-Werror $(B)/quoth
	$(QUIET)B=$(B) QUOTH=$(B)/quoth bash tests/firmware_test.sh $(B)

.PHONY: firmware firmware-all run-firmware check-firmware
