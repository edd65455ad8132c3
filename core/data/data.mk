# core/data: reviewable sources of the built-in tables, and the host tools that pack them.
# A rule a table: $(B)/gen/NAME.h from core/data/NAME.* by $(B)/host/pack_NAME.

$(B)/gen/target.h: core/data/target.csv $(B)/host/pack_target
	@mkdir -p $(@D)
	$(QUIET)$(B)/host/pack_target < $< > $@.new && mv $@.new $@

LISTS    = $(patsubst %,core/data/lists/%.txt,allow alias backend disposable free frequent parked \
           reserved role role_system)
COMMON   = core/data/lists/free_common.txt
$(B)/gen/lists.h: $(LISTS) $(COMMON) $(B)/host/pack_lists
	@mkdir -p $(@D)
	$(QUIET)$(B)/host/pack_lists $(LISTS:%/free.txt=%/free.txt,$(COMMON)) > $@.new && \
	    mv $@.new $@

# The large lists of hosted builds, which hold the short ones too; and names that must not fall on
# one of theirs by accident.
LISTS_DIR = core/data/lists
SETS     = $(patsubst %,$(LISTS_DIR)/%.txt,disposable_all disposable free_all free role_more role \
           role_system)
KNOWN    = $(patsubst %,$(LISTS_DIR)/%.txt,allow alias frequent role role_system shared)
$(B)/gen/sets_data.h: core/data/data.mk $(SETS) $(KNOWN) $(B)/host/pack_sets
	@mkdir -p $(@D)
	$(QUIET)$(B)/host/pack_sets pack \
	    $(LISTS_DIR)/disposable_all.txt,$(LISTS_DIR)/disposable.txt \
	    $(LISTS_DIR)/free_all.txt,$(LISTS_DIR)/free.txt \
	    $(LISTS_DIR)/role_more.txt,$(LISTS_DIR)/role.txt,$(LISTS_DIR)/role_system.txt $(KNOWN) \
	    > $@.new && mv $@.new $@
$(B)/host/pack_sets: core/sets.h

# Top-level domains, and ends of names that must not be taken for one.
$(B)/gen/tlds.h: $(LISTS_DIR)/tlds.txt $(LISTS_DIR)/not_tlds.txt $(B)/host/pack_sets
	@mkdir -p $(@D)
	$(QUIET)$(B)/host/pack_sets one tlds $(LISTS_DIR)/tlds.txt $(LISTS_DIR)/not_tlds.txt > $@.new && \
	    mv $@.new $@

lists-update:           ## Make the large lists of domains and roles anew from their locked packages
lists-update: $(B)/host/pack_sets
	$(QUIET)sh core/data/lists/update.sh update $(B)/lists $(B)/host/pack_sets

$(B)/gen/idna.h: core/data/idna.txt $(B)/host/pack_idna
	@mkdir -p $(@D)
	$(QUIET)$(B)/host/pack_idna < $< > $@.new && mv $@.new $@

$(B)/host/pack_checks: core/data/pack_pairs.h
$(B)/gen/checks.h: core/data/checks.txt $(B)/host/pack_checks
	@mkdir -p $(@D)
	$(QUIET)$(B)/host/pack_checks < $< > $@.new && mv $@.new $@

$(B)/gen/advice.h: core/data/advice.txt core/data/judge.txt core/data/checks.txt \
    $(B)/host/pack_advice
	@mkdir -p $(@D)
	$(QUIET)$(B)/host/pack_advice core/data/judge.txt core/data/checks.txt < $< > $@.new && \
	    mv $@.new $@

$(B)/gen/judge.h: core/data/judge.txt $(B)/host/pack_judge
	@mkdir -p $(@D)
	$(QUIET)$(B)/host/pack_judge < $< > $@.new && mv $@.new $@

lists-check:            ## Compare the large lists with their packages, and look for false positives
lists-check: $(B)/host/pack_sets $(B)/bench/lists_eval $(B)/lists/names.tsv
	$(QUIET)sh core/data/lists/update.sh check $(B)/lists $(B)/host/pack_sets
	$(QUIET)$(B)/bench/lists_eval core/data/lists/disposable_all.txt \
	    $(addprefix $(B)/lists/,names.tsv academic web free)

# The table and weights of the score are committed; these make and judge them anew, from names in
# many languages.
TRAIN    = $(B)/host/score_train
$(TRAIN): core/data/score/train.c core/score.c core/score.h core/score_table.h core/quoth.h
	@mkdir -p $(@D)
	$(QUIET)$(HOSTCC) -std=c11 -O2 -Wall -Wextra -DQUOTH_SCORE=1 -Icore -o $@ core/data/score/train.c \
	    core/score.c -lm
$(B)/lists/names.tsv: core/data/lists/lock core/data/score/lexicon.mjs core/data/lists/update.sh
	$(QUIET)sh core/data/lists/update.sh names $(B)/lists
score-train: $(TRAIN) $(B)/lists/names.tsv     ## Make core/score_table.h anew
	$(QUIET)$(TRAIN) make $(B)/lists/names.tsv > $(B)/lists/score_table.h
	$(QUIET)mv $(B)/lists/score_table.h core/score_table.h
score-eval:                   ## How well it tells names from rubbish, in languages never trained on
score-eval: $(TRAIN) $(B)/lists/names.tsv
	$(QUIET)$(TRAIN) eval $(B)/lists/names.tsv

.PHONY: lists-check lists-update score-eval score-train
