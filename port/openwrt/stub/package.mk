# Of OpenWrt's package.mk what ../Makefile uses. Compiling is a dry run: what would be called is
# printed.
MAKE_FLAGS = CC=stub-target-gcc AR=stub-target-ar
define Build/Compile/Default
	+$(MAKE) -n -C $(PKG_BUILD_DIR) $(MAKE_FLAGS) $(1)
	mkdir -p $(PKG_BUILD_DIR)/build && printf stub > $(PKG_BUILD_DIR)/build/quoth
endef
define BuildPackage
$(eval $(call Package/$(1)))
info:
	@printf '%s\n' 'name=$(PKG_NAME) version=$(PKG_VERSION) license=$(PKG_LICENSE)' \
	    'section=$(SECTION) category=$(CATEGORY) depends=$(DEPENDS) title=$(TITLE)'
all:
	$(Build/Prepare)
	$(Build/Compile)
	$(call Package/$(1)/install,$(WORK)/root)
endef
