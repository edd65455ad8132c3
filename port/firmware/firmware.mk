# firmware: the raw port on the host (a test), images for two boards, sizes

LWIP      = $(DEPS)/lwip/src
LWIP_SRC  = $(addprefix core/,init def inet_chksum ip mem memp netif pbuf stats sys timeouts udp tcp tcp_in tcp_out \
            ipv4/etharp ipv4/icmp ipv4/ip4 ipv4/ip4_addr ipv4/ip4_frag) netif/ethernet
LWIP_SIX  = $(addprefix core/ipv6/,ethip6 icmp6 ip6 ip6_addr ip6_frag mld6 nd6)
LWIP_INC  = -Iport/firmware -isystem $(LWIP)/include

# The raw port over lwIP's own loopback, lwIP itself with the sanitizers too.
LWIP_TEST_O = $(patsubst %,$(B)/san/lwip/%.o,$(LWIP_SRC) $(LWIP_SIX))
LWIP_TEST   = -std=c11 $(SAN) -Itests/lwip $(LWIP_INC)
$(B)/san/lwip/%.o: $(DEPS)/lwip/.sum tests/lwip/lwipopts.h port/firmware/arch/cc.h
	@mkdir -p $(@D)
	$(QUIET)$(CC) $(LWIP_TEST) -c -o $@ $(LWIP)/$*.c
$(B)/tests/lwip_test: tests/lwip_test.c port/lwip_raw.c port/drive.c port/lwip_raw.h port/port.h tests/test.h \
                      $(LWIP_TEST_O) $(B)/san/libquoth.a
	@mkdir -p $(@D)
	$(QUIET)$(CC) $(WARN) $(HOSTED) $(LWIP_TEST) $(INC) -Itests -o $@ $(filter %.c %.o %.a,$^)
