# lib.mk - libmbedtls.a of one compiler and one config, run by deps.mk once the source is there
#
# Variables: SRC the unpacked source, OUT where to build, CONFIG the config header, CC, AR, FLAGS.
# The tree's own headers come first, or installed ones of another version leak in.
#
# SPDX-License-Identifier: MIT

OBJ = $(patsubst $(SRC)/library/%.c,$(OUT)/%.o,$(wildcard $(SRC)/library/*.c))

$(OUT)/libmbedtls.a: $(OBJ)
	@rm -f $@.new && $(AR) rcs $@.new $^ && mv $@.new $@

$(OUT)/%.o: $(SRC)/library/%.c $(CONFIG)
	@$(CC) -std=c11 -I$(SRC)/include -I$(SRC)/library -I. -DMBEDTLS_CONFIG_FILE='"$(CONFIG)"' \
	    -ffunction-sections -fdata-sections $(FLAGS) -c -o $@ $<
