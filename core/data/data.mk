# core/data: reviewable sources of the built-in tables, and the host tools that pack them.
# A rule a table: $(B)/gen/NAME.h from core/data/NAME.* by $(B)/host/pack_NAME.
