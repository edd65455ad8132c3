# port/image: a container image, from static commands for the machines there are compilers for

IMAGE      = $(B)/image/quoth.tar
IMAGE_FOR  = amd64=x86_64 $(if $(shell command -v aarch64-linux-gnu-gcc),arm64=aarch64) \
             $(if $(shell command -v arm-linux-gnueabihf-gcc),arm/v7=armhf) \
             $(if $(shell command -v riscv64-linux-gnu-gcc),riscv64=riscv64)
PLATFORM   = $(firstword $(subst =, ,$(1)))
MACHINE    = $(lastword $(subst =, ,$(1)))
IMAGE_WITH = $(foreach p,$(IMAGE_FOR),\
             $(call PLATFORM,$p)=$(B)/static/$(call MACHINE,$p)-serve/quoth)

image:                  ## Build a container image of the server, build/image/quoth.tar (OCI layout)
	$(QUIET)for target in $(foreach p,$(IMAGE_FOR),$(call MACHINE,$p)); do \
	    $(MAKE) --no-print-directory static TARGET=$$target SERVE=1 || exit; \
	done
	@mkdir -p $(dir $(IMAGE))
	$(QUIET)sh port/image/image.sh $(IMAGE) $(IMAGE_WITH)
	@ls -l $(IMAGE)

check-image: image                      ## The image, as whoever gets it unpacks and runs it
	$(QUIET)bash port/image/check.sh $(IMAGE) $(IMAGE_WITH)

.PHONY: image check-image
