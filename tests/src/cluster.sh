# Runs a throw-away PostgreSQL for as long as standard input stays open, so
# that it ends with whoever started it, even when that one is killed.
#
# Arguments: the directory of PostgreSQL's programs, an empty directory of our
# own (deleted at the end), a free port. Prints `ready` once it answers; exits
# with 98 where somebody else has taken the port. A line of input restarts it:
# `restart` after ending its connections, `crash` as if it had been killed.
# Then it prints `ready` again.
set -eu
programs=$1 home=$2 port=$3
trap 'rm -rf "$home"' EXIT
# An owner that is gone before we are ready must not end us before the server.
trap '' PIPE

if ! "$programs/initdb" --pgdata="$home/data" --username=postgres --auth=trust \
    --encoding=UTF8 --locale=C --no-sync >"$home/log" 2>&1; then
    cat "$home/log" >&2
    exit 1
fi
# Row-level security never binds a superuser: only the plain role may
# connect, and the one that the README describes for backups.
echo 'host all tributary,tributary_backup 127.0.0.1/32 trust' >"$home/data/pg_hba.conf"
if ! "$programs/postgres" --single -D "$home/data" -c exit_on_error=true postgres \
    >"$home/log" 2>&1 <<'SQL'; then
CREATE ROLE tributary LOGIN CREATEDB
CREATE ROLE tributary_backup LOGIN BYPASSRLS
GRANT pg_read_all_data TO tributary_backup
CREATE DATABASE tributary OWNER tributary
SQL
    cat "$home/log" >&2
    exit 1
fi

# Nothing here outlives the machine, so nothing needs to reach the disk; but a
# commit outlives the server. A socket's path would have to be short, which a
# temporary directory's need not be.
start() {
    "$programs/postgres" -D "$home/data" -p "$port" -c listen_addresses=127.0.0.1 \
        -c unix_socket_directories= -c max_connections=200 -c fsync=off \
        -c full_page_writes=off >"$home/log" 2>&1 &
    server=$!
    until grep -q '^ready' "$home/data/postmaster.pid" 2>/dev/null; do
        if ! kill -0 "$server" 2>/dev/null; then
            grep -q 'could not bind' "$home/log" && exit 98
            cat "$home/log" >&2
            exit 1
        fi
        sleep 0.1
    done
    echo ready || true
}

start
while read -r order; do
    case $order in
    restart) kill -INT "$server" || true ;;
    crash) kill -QUIT "$server" || true ;;
    esac
    wait "$server" || true
    rm -f "$home/data/postmaster.pid"
    start
done
kill -INT "$server"
wait "$server" || true
