#!/bin/sh
# The `aws` of a drill: the real one, which stands behind this one in PATH, with the drill's endpoint.

fail() {
    echo "firedrill: $1" >&2
    exit 253 # What the client itself answers when its configuration is not usable.
}

[ -n "${FIREDRILL_ENDPOINT-}" ] || fail "FIREDRILL_ENDPOINT is not set; aws is not called"

# The endpoints of the drill: those of its regions, separated by blanks, the first is the default.
is_of_drill() {
    for endpoint in $FIREDRILL_ENDPOINT ${FIREDRILL_ENDPOINTS-}; do
        [ "${1%/}" = "${endpoint%/}" ] && return 0
    done
    return 1
}

refuse() {
    fail "aws was asked to call $1, which is no endpoint of this drill ($FIREDRILL_ENDPOINT ${FIREDRILL_ENDPOINTS-})"
}

# The client takes any abbreviation of an option that is not ambiguous.
given=
url_follows=
for argument in "$@"; do
    if [ -n "$url_follows" ]; then
        url_follows=
        is_of_drill "$argument" || refuse "$argument"
        continue
    fi
    case $argument in
    --endpoint-url | --endpoint-ur | --endpoint-u | --endpoint- | --endpoint | --endpoin | --endpoi | --endpo | --endp | --end)
        given=yes
        url_follows=yes
        ;;
    --end*=*)
        given=yes
        is_of_drill "${argument#*=}" || refuse "${argument#*=}"
        ;;
    esac
done

case $0 in
*/*) here=$(cd "${0%/*}" && pwd -P) ;;
*) here=$(pwd -P) ;;
esac
real=
rest=$PATH:
while [ -n "$rest" ]; do
    folder=${rest%%:*}
    rest=${rest#*:}
    [ -x "$folder/aws" ] && [ -f "$folder/aws" ] || continue
    [ "$(cd "$folder" && pwd -P)" != "$here" ] || continue
    real=$folder/aws
    break
done
if [ -z "$real" ]; then
    echo "firedrill: the aws command line client is not installed" >&2
    exit 127
fi

# `s3 sync --source-region` makes a second client, which honours only the variable. A service's own
# variable or a profile's file would win over it.
for name in $(env | sed -n 's/^\(AWS_ENDPOINT_URL_[A-Z0-9_]*\)=.*/\1/p'); do
    unset "$name"
done
AWS_ENDPOINT_URL=${FIREDRILL_ENDPOINT%% *}
# In the drill's own home, which begins empty: what a script sets with `aws configure set` counts, as it does elsewhere.
AWS_CONFIG_FILE=$HOME/.aws/config
AWS_SHARED_CREDENTIALS_FILE=/dev/null
AWS_EC2_METADATA_DISABLED=true
AWS_PAGER=
export AWS_ENDPOINT_URL AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE AWS_EC2_METADATA_DISABLED AWS_PAGER
unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_IGNORE_CONFIGURED_ENDPOINT_URLS

if [ -n "$given" ]; then
    exec "$real" "$@"
fi
exec "$real" --endpoint-url "$AWS_ENDPOINT_URL" "$@"
