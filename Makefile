# Every target first runs the set-up that it needs. `setup` makes the virtual environment, which is enough to read, change, check and
# unit-test the code. `setup-lab` adds the engines and system programs (root, Debian or Ubuntu).
PYTHON ?= python3
export PYTHON
BIN := .venv/bin
COMMA := ,
CODE := $(wildcard src tests tools bench)
# Root drops its capabilities for `unit`, so that a test that needs them fails here, too.
PLAIN := $(if $(filter 0,$(shell id -u)),setpriv --inh-caps=-all --bounding-set=-all$(COMMA)+dac_override)
# Tests of the lab wait for time-outs: one worker more than processors keeps these busy.  Each worker collects all tests.
WORKERS := $(shell echo $$(($$(nproc) + 1)))
# More for pytest: make test ARGS='-k iptables_save'
ARGS ?=
# A run of a whole target tells what it took, and with RECORD=1 writes that into tests/README.md.
STARTED := $(shell date +%s)
RECORD ?=
# $(call PYTEST,BEFORE,OPTIONS).  To tell more of a failed assertion, pytest compiles each test file in a way of its own, in
# each worker, which takes a fresh clone longer than thousands of tests.  So only what has failed runs again in that way;
# the target fails also if it passes then.
PYTEST = $1 $(BIN)/python -m pytest --assert=plain --dist worksteal $2 \
  $(or $(ARGS),--clock $@ --started $(STARTED) $(if $(RECORD),--record)) || { [ $$? != 1 ] || \
  $1 $(BIN)/python -m pytest --last-failed --last-failed-no-failures none --dist worksteal $2 $(ARGS); exit 1; }

.DEFAULT_GOAL := help
.PHONY: help setup setup-lab unit demo test check format bench dist dist-test image score matrix latent reboot own-ssh live-proofs kills power fidelity fidelity-kernels hunt-causes hunt-proofs hunt-real hunt-repairs world harm guarded today bare lock messages conformance heals expected watched

help: ## Show these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

setup: ## Make .venv with what requirements.lock pins (no root)
	@tools/setup.sh

setup-lab: ## Install the engines and system programs that the lab and the kernel tests drive (root)
	@tools/setup_lab.sh

unit: setup ## Run the tests that need neither root nor an engine nor the lab's programs (RECORD=1 writes their time into tests/README.md)
	@$(call PYTEST,$(PLAIN),--unit -n auto)

demo: setup setup-lab ## Break a Docker host in namespaces, diagnose it, repair it, take that back (root)
	@$(BIN)/hairpin demo

test: setup ## Run all tests (RECORD=1 writes their time into tests/README.md; root)
	@tools/setup_lab.sh tests
	@$(call PYTEST,,-n $(WORKERS))

messages: setup ## Bring the translations up to date with the messages in the code
	$(BIN)/python tools/messages.py

conformance: setup setup-lab ## Compare readers, writers and walks with the tools' own tests (fetched; root); SUITES="bullseye trixie sid" adds other suites
	@$(BIN)/python -m tests.conformance $(SUITES)

check: setup ## Lint, formatting, types, import order, documents, translations (RECORD=1 writes its time into tests/README.md)
	@$(MAKE) --no-print-directory --output-sync --keep-going -j2 check-types check-rest
	@$(BIN)/python -m tools.clock $@ $(STARTED) $(if $(RECORD),--record)

# mypy, which keeps what it knows, checks all code.  pyright begins anew each time: it checks what others run, and the half
# of it takes as long as all the rest.
.PHONY: check-types check-rest
check-types:
	PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(BIN)/pyright $(filter-out tests,$(CODE))

check-rest:
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy $(CODE)
	PYTHONPATH=src $(BIN)/lint-imports
	$(BIN)/python tools/check_docs.py
	$(BIN)/python tools/messages.py --check
	$(BIN)/python tools/cause_pages.py --check
	$(BIN)/python -m tools.fact_page --check
	$(BIN)/python -m tools.without_root --check
	$(BIN)/python -m tools.quoted --check
	$(BIN)/python -m tools.pictures --check

format: setup ## Format the code as `make check` demands
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

bench: setup setup-lab ## Time hairpin beside reference tools (writes docs/reference/speed.md); BESIDE=commit plain checks beside it
	@tools/setup_lab.sh release
	@$(BIN)/python -m bench $(if $(BESIDE),--beside $(BESIDE),--docs docs/reference)

dist: setup ## Make dist/: executable files, images, packages for Debian and RPM, hairpin.pyz, the wheel, the bill of materials, SHA256SUMS
	@tools/setup_lab.sh release
	@$(BIN)/python -m tools.release dist

dist-test: setup setup-lab ## Compare all that dist/ has with the checkout: the file and the packages in clean roots, each form on lab hosts (PART=roots, packages or hosts; root)
	@tools/setup_lab.sh packages
	@$(if $(filter-out roots,$(PART)),true,$(BIN)/python -m tests.dist $(if $(ROOTS),--roots $(ROOTS)))
	@$(if $(filter-out packages,$(PART)),true,$(BIN)/python -m tests.packages dist $(if $(SUITES),--suites $(SUITES)))
	@$(if $(filter-out hosts,$(PART)),true,$(BIN)/python -m tests.forms $(ONLY))

image: setup ## Make dist/hairpin-image-MACHINE.tar and dist/image-MACHINE/ anew, of dist/hairpin-MACHINE
	@$(BIN)/python -m tools.release.image dist

score: setup setup-lab ## Diagnose and repair every lab scenario and PAIRS=100 pairs; RANDOM=N SEED=… random sets of faults instead; EVENTS=1 events on the repairs; FIX=1 by `hairpin fix` and `undo`, with SSH=1 as another host
	@$(BIN)/python -m tests.score $(if $(FIX),--fix $(if $(SSH),--over-ssh )$(if $(RANDOM),--random $(RANDOM)) $(if $(PAIRS),--pairs $(PAIRS)),$(if $(EVENTS),--events,$(if $(RANDOM),--random $(RANDOM),--pairs $(or $(PAIRS),100)))) $(if $(SEED),--seed $(SEED))$(if $(PARALLEL), --parallel $(PARALLEL))
	@$(if $(EVENTS),$(BIN)/python -m tests.reboot --events,true)

matrix: setup setup-lab ## Carry each event out on hosts of the lab, and hold it against what was foretold (HOST=word EVENT=id; EACH=N SEED=…: N hosts by chance for each event; root)
	@$(BIN)/python -m tests.matrix --rules $(if $(HOST),--host '$(HOST)') $(if $(EVENT),--event $(EVENT)) $(if $(EACH),--each $(EACH)) $(if $(SEED),--seed $(SEED)) \
	  $(if $(PARALLEL),--parallel $(PARALLEL))
	@$(if $(HOST)$(EVENT)$(EACH),true,$(BIN)/python -m tests.matrix.guests --events network-restart$(COMMA)networkd-restart$(COMMA)networkmanager-restart)

latent: setup setup-lab ## Name what waits for an event on hosts and on their twins without the fault, and carry the event out (ROW=word; root)
	@$(BIN)/python -m tests.matrix.latent $(if $(ROW),--row '$(ROW)')

reboot: setup setup-lab ## Reboot hosts with systemd: each kind of lasting part, kept and taken back; reading starts none of their services (KINDS='unit,saved rule'; EMULATED=1: with a kernel of their own, and each kind of host as foretold; root)
	@$(if $(KINDS),true,$(BIN)/python -m tests.reboot.reading)
	@$(if $(EMULATED),$(if $(KINDS),true,$(BIN)/python -m tests.matrix.guests --events reboot),true)
	@$(BIN)/python -m tests.reboot $(if $(EMULATED),--emulated) $(if $(KINDS),--kinds '$(KINDS)')
	@$(BIN)/python -m tests.reboot --fixed $(if $(EMULATED),--emulated) $(if $(KINDS),--kinds '$(KINDS)')

live-proofs: setup setup-lab ## Real packets contradict hairpin on 40 hosts whose fault no reading shows, and on 20 healthy ones never (SEED=n; root)
	@$(BIN)/python -m tests.live_proofs $(if $(SEED),--seed $(SEED))

own-ssh: setup setup-lab ## Plans that cut a real ssh session are taken back, others are kept: each kind, in each kind of session (KINDS=word; root)
	@$(BIN)/python -m tests.own_ssh $(if $(KINDS),--kinds '$(KINDS)')

kills: setup setup-lab ## Kill apply and undo at N moments each (200), and the switch, on hosts with real managers, and settle what is left (SEED=… HOSTS=word; root)
	@$(BIN)/python -m tests.kills $(if $(N),--moments $(N)) $(if $(SEED),--seed $(SEED)) $(if $(HOSTS),--hosts '$(HOSTS)')

heals: setup setup-lab ## Break N times what a guard heals (100): how long it takes, fights, networks that are deleted, kills (SEED=… PART=times|fight|deleted|killed; root)
	@$(BIN)/python -m tests.heals $(PART) $(if $(N),--cases $(N)) $(if $(SEED),--seed $(SEED))

power: setup setup-lab ## Cut a host's power at N moments of a plan (20), at 10 of --try --persist and at 10 of --host, and settle what is left (SEED=… EMULATED=1; root)
	@$(BIN)/python -m tests.power $(if $(N),--cuts $(N)) $(if $(EMULATED),--emulated) $(if $(SEED),--seed $(SEED))

fidelity: setup setup-lab ## Compare the walk with the kernel on N packets through random networks (SEED=… repeats a run; root)
	@$(BIN)/python -m tests.fidelity --pairs $(or $(N),20000) $(if $(SEED),--seed $(SEED)) --report docs/reference/fidelity.md

hunt-causes: setup setup-lab ## Change N healthy networks at random, one part each, and hold the named causes against the change (SEED=…; root)
	@$(BIN)/python -m tests.hunt --cases $(or $(N),5000) $(if $(SEED),--seed $(SEED))

hunt-proofs: setup ## Change N recorded hosts at random, two parts each, and hold the printed repairs against their proofs (SEED=…)
	@$(BIN)/python -m tests.hunt.proofs --cases $(or $(N),5000) $(if $(SEED),--seed $(SEED))

hunt-real: setup setup-lab ## Change N real lab hosts by random commands, and hold answers and repairs against real exchanges (SEED=…; root)
	@$(BIN)/python -m tests.hunt.real --cases $(or $(N),20) $(if $(SEED),--seed $(SEED))$(if $(PARALLEL), --parallel $(PARALLEL))

world: setup setup-lab ## Rebuild troubles of other people's hosts, ask, repair, and ask their healthy twins: a tenth of the corpus (WHOLE=1: all; ONLY=word ROUND=n; root)
	@$(BIN)/python -m tests.world $(ONLY) $(if $(ROUND),--round $(ROUND)) $(if $(WHOLE),--whole)

hunt-repairs: setup setup-lab ## Change N random networks: simulated, carried out, undone, typed in once and twice (SEED=…; root)
	@$(BIN)/python -m tests.fidelity.changes --cases $(or $(N),100) $(if $(SEED),--seed $(SEED))

fidelity-kernels: setup setup-lab ## The same on Debian's kernels 5.10 to sid, emulated: N packets on each (KERNELS=6.1,sid; root)
	@$(BIN)/python -m tests.fidelity.kernels --pairs $(or $(N),20000) $(if $(SEED),--seed $(SEED)) $(if $(KERNELS),--kernels $(KERNELS))

expected: setup setup-lab ## Hold N hosts against the file that expect init wrote (60), each broken, and 20 after harmless changes (SEED=…; root)
	@$(BIN)/python -m tests.expected --cases $(or $(N),60) $(if $(SEED),--seed $(SEED)) $(if $(PARALLEL), --parallel $(PARALLEL))

watched: setup setup-lab ## Replay the five stories under a running guard: who, when and what (root)
	@$(BIN)/python -m tests.watched $(if $(PARALLEL), --parallel $(PARALLEL))

harm: setup setup-lab ## Let fix repair N hosts on which somebody's decision stands in the way (60), and as many with an accident; real connections judge (SEED=… ONLY=d17,a17; root)
	@$(BIN)/python -m tests.harm --cases $(or $(N),60) $(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only '$(ONLY)')$(if $(PARALLEL), --parallel $(PARALLEL))

guarded: setup setup-lab ## Let 15 kinds of programs change a real host N times (1000), and count who a guard names (SEED=… FEW=1: without cron and floods; root)
	@$(BIN)/python -m tests.guarded --cases $(or $(N),1000) $(if $(SEED),--seed $(SEED)) $(if $(FEW),--few)

today: setup setup-lab ## Boot hosts of Debian's bookworm, trixie and sid with their own systemd, and predict and try every flow of each (ONLY=word ALL=1: hosts with all words; ACTS=flows,restore,events; FRESH=1: the suites of this day; PARALLEL=n; root)
	@$(BIN)/python -m tests.today $(ONLY) $(if $(ALL),--all-words) $(if $(FRESH),--fresh) $(if $(ACTS),--acts $(ACTS)) $(if $(PARALLEL),--parallel $(PARALLEL))

bare: setup ## Run `make demo` and `make test` as the first commands of a fresh Debian, in a root of its own, from HEAD (ARGS='-k iptables_save'; root)
	@$(BIN)/python -m tools.bare $(ARGS)

lock: ## Pin the dependencies anew (UPGRADE=--upgrade for the newest)
	@tools/lock.sh
