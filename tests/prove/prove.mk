# prove: no undefined behaviour for any input, by Frama-C's EVA; README.md here tells what that says

prove:                           ## Prove that no bytes make the readers of core misbehave (Frama-C)
prove: $(GEN)
	$(QUIET)B=$(B) sh tests/prove/run.sh $(NAMES)

.PHONY: prove
