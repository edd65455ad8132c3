# core/data: reviewable sources of the built-in tables, and the host tools that pack them.
# A rule a table: $(B)/gen/NAME.h from core/data/NAME.* by $(B)/host/pack_NAME.

$(B)/gen/target.h: core/data/target.csv $(B)/host/pack_target
	@mkdir -p $(@D)
	$(QUIET)$(B)/host/pack_target < $< > $@.new && mv $@.new $@

LISTS    = $(patsubst %,core/data/lists/%.txt,allow disposable free frequent reserved role)
$(B)/gen/lists.h: $(LISTS) $(B)/host/pack_lists
	@mkdir -p $(@D)
	$(QUIET)$(B)/host/pack_lists $(LISTS) > $@.new && mv $@.new $@

$(B)/gen/idna.h: core/data/idna.txt $(B)/host/pack_idna
	@mkdir -p $(@D)
	$(QUIET)$(B)/host/pack_idna < $< > $@.new && mv $@.new $@

$(B)/gen/judge.h: core/data/judge.txt $(B)/host/pack_judge
	@mkdir -p $(@D)
	$(QUIET)$(B)/host/pack_judge < $< > $@.new && mv $@.new $@
