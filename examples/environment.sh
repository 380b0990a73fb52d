# Sourced by the scripts that users start: makes virtual environments.

find_python() {
    local candidate
    for candidate in "${PYTHON:-}" python3 python3.13 python3.12 python3.11; do
        if [ -n "$candidate" ] && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "jaxnest needs Python 3.11 or later; set PYTHON to one." >&2
    return 1
}

# make_environment FOLDER REQUIREMENT: a virtual environment with that requirement, kept if it is up to date.
make_environment() {
    local folder="$1" requirement="$2" python stamp="$1/.installed"
    if [ -e "$stamp" ] && [ ! pyproject.toml -nt "$stamp" ]; then
        return
    fi
    python="$(find_python)" || return
    echo "--- setting up $folder: pip downloads and installs $requirement, which takes some minutes and says nothing"
    "$python" -m venv "$folder" || return
    if [ "${requirement#.}" != "$requirement" ]; then
        "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --editable "$requirement" </dev/null || return
    else
        "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "$requirement" </dev/null || return
    fi
    touch "$stamp"
}
