# core: objects, and the headers generated from core/data

CORE_O   = $(CORE:%=$(B)/core/%.o)
DOMAIN_O = $(DOMAIN:%=$(B)/core/%.o)
DOMAIN_H = $(addprefix core/domain/,quoth_domain.h inquiry.h spf_inner.h words.h)
$(DOMAIN_O) $(DOMAIN:%=$(B)/san/core/%.o): $(DOMAIN_H)
FIND_O   = $(FIND:%=$(B)/core/%.o)
$(FIND_O) $(FIND:%=$(B)/san/core/%.o): $(addprefix core/find/,quoth_find.h find_inner.h)
# The limits stand in the Makefile: when they change, so does every struct.
HEADERS  = core/quoth.h core/config.h core/inner.h core/sets.h core/score.h core/score_table.h \
           Makefile $(FLAGS_IN)

$(B)/core/%.o: core/%.c $(HEADERS) $(GEN)
	@mkdir -p $(@D)
	$(QUIET)$(CC) $(WARN) $(HOSTED) $(INC) $(CFLAGS) -c -o $@ $<

$(B)/libquoth.a: $(CORE_O) $(DOMAIN_O) $(FIND_O)
	$(QUIET)rm -f $@ && $(AR) rcs $@ $^

# Core again with the sanitizers, for the tests.
SAN      = -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
CORE_SAN = $(patsubst %,$(B)/san/core/%.o,$(CORE) $(DOMAIN) $(FIND))
$(B)/san/core/%.o: core/%.c $(HEADERS) $(GEN)
	@mkdir -p $(@D)
	$(QUIET)$(CC) $(WARN) $(HOSTED) $(INC) $(SAN) -c -o $@ $<
$(B)/san/libquoth.a: $(CORE_SAN)
	$(QUIET)rm -f $@ && $(AR) rcs $@ $^

# Host tool: turns the reviewable sources in core/data into C tables.
HOSTCC  ?= cc
$(B)/host/%: core/data/%.c
	@mkdir -p $(@D)
	$(QUIET)$(HOSTCC) -std=c11 -O1 -Wall -Wextra -o $@ $<

.SECONDARY:
include core/data/data.mk
