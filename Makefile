# quoth - see README.md. `make help` lists the targets.
#
# The source lists below are explicit; each folder adds its own targets in a *.mk file.
# Variables to set: CC, CFLAGS, B (where to build), MBEDTLS=system (instead of the locked source),
# LOOP=poll (instead of epoll), HTTP=none (do without llhttp), TOOLS=none (addresses alone),
# TOOLS=sandbox (those and the sandbox).

B       ?= build
CC      ?= cc
CFLAGS  ?= -O2 -g
WARN     = -std=c11 -pedantic -Wall -Wextra -Wconversion -Wshadow -Wno-unused-parameter $(WERROR)
# The command's own limits: IDN, the large lists, replies inside replies, sentences of findings,
# bursts of twenty recipients in one write (half as fast again in lists), TLS sessions.
LIMITS   = QUOTH_IDN=1 QUOTH_LISTS=3 QUOTH_SCORE=1 QUOTH_DECOYS=2 QUOTH_JUDGE_NESTED=1 \
           QUOTH_HOSTS_BEYOND=1 QUOTH_OUT_MAX=1024 QUOTH_TLS_SESSIONS=1 QUOTH_CHECK_TEXTS=1
HOSTED   = $(LIMITS:%=-D%) -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64
# How the list engine waits: port/posix/loop_NAME.c. With any but epoll, the engine and what it
# stands on are built against POSIX.1-2008 alone, so that nothing else creeps in.
LOOP    ?= $(if $(filter Linux,$(shell uname -s)),epoll,poll)
# How answers of web servers are read: llhttp, or none (then the policy of MTA-STS is not fetched).
HTTP    ?= $(if $(filter none,$(MBEDTLS)),none,llhttp)
POSIX_HOSTED  = $(HOSTED:-D_GNU_SOURCE=-D_POSIX_C_SOURCE=200809L)
ENGINE_HOSTED = $(if $(filter epoll,$(LOOP)),$(HOSTED),$(POSIX_HOSTED))
INC      = -Icore -Icore/domain -Icore/find -Iport $(addprefix -Iport/,posix tls batch) -I$(B)/gen
QUIET    = $(if $(V),,@)

# Core, in the order data flows. Also the order of the single file.
CORE     = random ip utf8 idna addr name lists dns mx answer lookup cache pace target reply smtp \
           judge verdict names score intake hosts verify
# What a domain says about its mail: the same rules, on top of core. Objects of their own, so that
# who only checks addresses does not carry them.
DOMAIN   = $(addprefix domain/,spf_term ask spf inquiry txt dmarc tlsa domain policy checks \
           health) $(IDENTITY)
# What only those need who fetch the policy of MTA-STS, which devices do not.
POLICY   = domain/policy
# Our own address as others see it, likewise: a machine of its own beside that of a domain.
IDENTITY = $(addprefix domain/,identity identity_judge advice)
# Addresses in any bytes: the same rules, on top of core. Objects of their own, so that who only
# checks addresses does not carry them.
FIND     = $(addprefix find/,find_look find_at find_window find_hidden find_text find_mail find)
# Port: what the command is made of besides core.
PORT     = drive $(addprefix posix/,posix sock resolvconf loop loop_$(LOOP) udp_pool) \
           $(addprefix tls/,$(TLS) tls_sessions tls_cert) fetch/fetch fetch/answer_$(HTTP) \
           $(addprefix batch/,due batch batch_store batch_tell batch_family batch_dest batch_route \
           batch_guest batch_keep batch_look batch_end batch_pace batch_next batch_talk)
# What every front end shares; formats of output are the out_*.
OUT      = say memory stream number escape words result calibration formats out_text out_json \
           out_reacher out_vendor out_info out_csv
APP      = $(OUT) listed file replace heard options option_read option_told config setup answers \
           ask interrupt health save zone zone_read zone_write zone_wire
# How a list is read.
LIST_IN  = list_set list_file list_foreign list_look list_look_rows list_look_table list_look_json \
           list_head list_said list_scan list_in list_sum list_row list_wrap list_json list_clean \
           list_trim list_pattern
# What is not about addresses: TOOLS=none leaves it out, a third of a static command; TOOLS=sandbox
# leaves the sandbox in.
TOOLS   ?= all
$(if $(filter all none sandbox,$(TOOLS)),,$(error TOOLS is all, none or sandbox, not "$(TOOLS)"))
SANDBOX  = cli/sandbox_cmd $(addprefix sandbox/,sandbox $(addprefix sandbox_,world list dns smtp \
           $(TLS)))
TOOLS_all = $(addprefix cli/,grading domain_cmd domain_run domain_spf domain_dmarc domain_out \
            domain_json domain_diff domain_state info_cmd prom extract extract_out smtp_cmd probe \
            probe_shapes probe_talk probe_judge probe_out doctor_cmd doctor_next doctor_run \
            doctor_judge doctor_out why spf domain_deep) list/list_domain $(SANDBOX)
TOOLS_none = cli/tools_none list/list_domain_none cli/sandbox_none
TOOLS_sandbox = cli/tools_none list/list_domain_none $(SANDBOX)
CLI      = $(APP:%=app/%) $(addprefix cli/,main args help check many explain judge_cmd merge_cmd \
           calibrate_cmd) \
           $(addprefix list/,list $(LIST_IN) list_out list_work list_sink list_resume \
           list_journal list_identity list_merge list_progress list_plan) \
           $(TOOLS_$(TOOLS))
GEN      = $(B)/gen/target.h $(B)/gen/lists.h $(B)/gen/sets_data.h $(B)/gen/tlds.h $(B)/gen/idna.h \
           $(B)/gen/judge.h $(B)/gen/checks.h $(B)/gen/advice.h $(B)/gen/help.h

.DEFAULT_GOAL = all
all: $(B)/quoth                         ## Build the command, build/quoth

help:                                   ## List the targets
	@sed -n 's/^\([a-z][a-z-]*\):[^#]*## */\1\t/p' $(MAKEFILE_LIST) | sort | \
	    awk -F'\t' '{ printf "  make %-18s %s\n", $$1, $$2 }'

include core/core.mk
include port/deps/deps.mk port/serve/serve.mk port/firmware/firmware.mk
include port/port.mk port/image/image.mk
include tests/bench/bench.mk tests/tests.mk tests/serve.mk tests/judge.mk fuzz/fuzz.mk
include tests/coverage.mk tests/mutants.mk tests/prove/prove.mk

# For scripts: what a variable is, show-CORE.
show-%:
	@echo $($*)

clean:                                  ## Remove what was built; downloaded sources stay
	$(QUIET)if [ -d $(B) ]; then find $(B) -mindepth 1 -maxdepth 1 ! -name deps -exec rm -rf {} +; fi

.PHONY: all help clean
