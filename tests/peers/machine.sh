# Sourced by the scripts of this folder: what they need of the machine, and nothing of ours.

# One line about what happens now.
say() { printf '== %s\n' "$*" >&2; }

# Ends with the reason.
fail() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# Runs a command as root, by itself or with sudo.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# Runs a command as this user; the user itself needs no help for that.
as_user() {
    local user=$1
    shift
    if [ "$(id -un)" = "$user" ]; then "$@"; else as_root runuser -u "$user" -- "$@"; fi
}

# A port of 127.0.0.1 that nobody listens on now, below those that the system gives to connections that leave.
free_port() {
    python3 -c '
import random, socket
while True:
    port = random.randrange(10000, 20000)
    with socket.socket() as s:
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            continue
    print(port)
    break'
}

# Waits until something answers on a port of 127.0.0.1, ten seconds at most.
wait_for_port() {
    local port=$1 _
    for _ in $(seq 200); do
        if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then return 0; fi
        sleep 0.05
    done
    return 1
}

# A folder on a disk, readable for the users that the servers run as; /tmp may be memory, and a sync there costs nothing.
scratch_folder() {
    local folder
    folder=$(mktemp -d "${BREVBRO_SCRATCH:-/var/tmp}/brevbro-$1.XXXXXX") || return 1
    chmod 755 "$folder"
    printf '%s\n' "$folder"
}
