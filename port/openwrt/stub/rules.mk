# Of OpenWrt's rules.mk what ../Makefile uses; INCLUDE_DIR is this directory, WORK where to work.
INCLUDE_DIR:=$(TOPDIR)
INSTALL_DIR:=install -d -m0755
INSTALL_BIN:=install -m0755
INSTALL_CONF:=install -m0600
CP:=cp -fpR
HOSTCC:=stub-hostcc
TARGET_CFLAGS:=-Os -pipe
TARGET_CPPFLAGS:=-I$(WORK)/staging/usr/include
TARGET_LDFLAGS:=-L$(WORK)/staging/usr/lib
PKG_BUILD_DIR=$(WORK)/$(PKG_NAME)-$(PKG_VERSION)
