# port/serve: what `quoth serve` is made of; with SERVE=0 it is left out, and llhttp is not needed.
# It checks domains as well.

SERVE    ?= $(if $(filter all,$(TOOLS)),1,0)
$(if $(filter 1none 1sandbox,$(SERVE)$(TOOLS)),$(error SERVE=1 wants TOOLS=all))
SERVER_1  = $(addprefix serve/,http query notify probe token live check identities doors aside \
            conn job_file job_live job_plan job_state job_dir job_run job_upload job_row job serve \
            web_answer web_check web_compat web_metrics web_about web_job web_bulk web_results \
            web_page web_route web) \
            $(addprefix gateway/,known known_table gate_read gate_words gateway) cli/serve_cmd
SERVER    = $(if $(filter 1,$(SERVE)),$(SERVER_1),cli/serve_none)
SERVE_INC = $(if $(filter 1,$(SERVE)),$(LLHTTP_INC))
SERVE_DEP = $(if $(filter 1,$(SERVE)),$(LLHTTP_DEP))
SERVE_LIB = $(if $(filter 1,$(SERVE)),$(LLHTTP_LIB))
CLI      += $(SERVER)

# What the server gives away, whole in headers.
$(B)/gen/page.h: port/serve/page/index.html
$(B)/gen/openapi.h: port/serve/openapi.json
$(B)/gen/page.h $(B)/gen/openapi.h: port/serve/page/pack.sh
	@mkdir -p $(@D)
	$(QUIET)sh port/serve/page/pack.sh $(basename $(@F)) \
	    $(firstword $(filter %.html %.json,$^)) > $@.new && mv $@.new $@
$(B)/port/serve/web_page.o: $(B)/gen/page.h $(B)/gen/openapi.h
