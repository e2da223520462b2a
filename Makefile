# Short names for `python installers/checkout.py VERB`, which works on every system.
# ARGS are handed on: make run ARGS="chat Hello", make test ARGS="tests/unit -x"

# The first Python that will do; `make PYTHON=... run` chooses another.
PYTHON := $(or $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' 2>/dev/null \
	&& echo $$python && break; done),python3)

VERBS := setup run test test-long check bench shots installer test-installer

.PHONY: help $(VERBS)
.NOTPARALLEL:

help:
	@$(PYTHON) installers/checkout.py help

$(VERBS):
	@$(PYTHON) installers/checkout.py $@ $(ARGS)
