# shellcheck shell=bash
# shellcheck disable=SC2154,SC2016  # of mesh.sh and tools/up; what is in single quotes is jq's
# $ORDERMESH_DATA/credentials.json of a local mesh: the operator's token and one API key for each partner that the mesh started
# with. What is in it is kept as long as it works. Sourced by tools/up, which has `cli` and what mesh.sh defines.
# No key or token is ever an argument of a program, in its environment or in a log.

credentials_file=$ORDERMESH_DATA/credentials.json
readonly token_hours=8760 token_renew_days=30
# Names the keys that are made here among those of a partner.
readonly local_label=tools/up

# change_credentials FILTER: writes the file anew as jq's FILTER makes it; $value in it is the text on stdin.
change_credentials() (
  umask 077
  old='{}'
  if [[ -s $credentials_file ]]; then old=$(<"$credentials_file"); fi
  new=$(jq --rawfile value /dev/fd/3 '($value | rtrimstr("\n")) as $value | {partners: {}, operator: ""} + . | '"$1" \
    3<&0 <<<"$old") && write_file "$credentials_file" <<<"$new"
)

# token_lasts: whether the file has a token that is not about to end. Whether it is accepted only the mesh can say.
token_lasts() {
  [[ -s $credentials_file ]] && jq -e --argjson limit "$(($(date +%s) + token_renew_days * 86400))" '
    .operator | split(".")[1] | gsub("-"; "+") | gsub("_"; "/") | . + "=" * ((4 - length % 4) % 4) | @base64d | fromjson
    | .exp > $limit' "$credentials_file" >/dev/null 2>&1
}

new_token() {
  "$build_dir/bin/ordermesh-gateway" token --jwt_key_file "$secrets_dir/jwt.pem" --role operator --subject local-operator \
    --ttl "${token_hours}h" </dev/null | change_credentials '.operator = $value'
}

# write_operator_token: before the mesh serves.
write_operator_token() {
  if ! token_lasts || [[ $secrets_dir/jwt.pem -nt $credentials_file ]]; then new_token; fi
}

# as_partner PARTNER ARGUMENTS...: the CLI with the partner's key.
as_partner() { "$cli" --api_key_file <(jq -r --arg p "$1" '.partners[$p] // ""' "$credentials_file") "${@:2}" </dev/null; }

# key_works PARTNER: whether the file has a key that the mesh accepts.
key_works() {
  jq -e --arg p "$1" '.partners[$p] // "" | . != ""' "$credentials_file" >/dev/null &&
    as_partner "$1" partners get "$1" -o json >/dev/null 2>&1
}

# revoke_own_keys PARTNER: ends the keys that were made here before and are not in the file any more.
revoke_own_keys() {
  local id
  for id in $("$cli" partners keys list "$1" -o json </dev/null |
    jq -r --arg made "$local_label" '.keys[] | select(.label == $made and .revokeTime == null) | .keyId'); do
    "$cli" partners keys revoke "$1" "$id" </dev/null >/dev/null
  done
}

# new_key PARTNER
new_key() {
  local made
  revoke_own_keys "$1" &&
    made=$("$cli" partners keys create "$1" --label "$local_label" -o json </dev/null) &&
    jq -r '.key // empty' <<<"$made" | change_credentials ".partners[\"$1\"] = \$value"
}

# takes_orders PARTNER: whether feed and validation know the partner and its mapping. An empty batch and a trial leave nothing
# behind.
takes_orders() {
  local code=0
  "$cli" validate --partner "$1" --wait 1 <(echo '{}') </dev/null >/dev/null 2>&1 || code=$?
  # 1: the empty order is refused, as it must be.
  ((code == 1)) &&
    curl -sS --max-time 5 -X POST -H 'Content-Type: application/json' -d '[]' \
      -H @<(printf 'Authorization: Bearer %s\n' "$(jq -r .operator "$credentials_file")") \
      "http://127.0.0.1:$ORDERMESH_HTTP_PORT/api/feed/$1/batch" </dev/null 2>/dev/null |
    jq -e '[.details[]?.reason] | any(. == "UNKNOWN_PARTNER" or . == "NO_CONFIG") | not' >/dev/null
}

# is_suspended PARTNER: nothing of it is accepted, and that is as it should be.
is_suspended() { "$cli" partners get "$1" -o json </dev/null 2>/dev/null | jq -e '.state == "SUSPENDED"' >/dev/null; }

# until_deadline SECONDS-OF-THE-SHELL COMMAND...: tries again until it succeeds.
until_deadline() {
  until "${@:2}" 2>>"$log_dir/up-credentials.log"; do
    if ((SECONDS >= $1)); then return 1; fi
    sleep 0.1
  done
}

# write_credentials DEADLINE: once the mesh serves.
write_credentials() {
  local deadline=$1 partner code=0
  : >"$log_dir/up-credentials.log"
  "$cli" partners list --limit 1 </dev/null >/dev/null 2>>"$log_dir/up-credentials.log" || code=$?
  # 1: the token is not accepted.
  if ((code == 1)); then new_token; fi
  for partner in "$seed_dir"/*/; do
    partner=$(basename "$partner")
    if key_works "$partner" || is_suspended "$partner"; then continue; fi
    # A partner of a fresh mesh is there as soon as its mapping was checked; a new key is known to the gateway within a second.
    until_deadline "$deadline" new_key "$partner" || not_ready "partner $partner has no key ($log_dir/up-credentials.log)"
    until_deadline "$deadline" key_works "$partner" || not_ready "the new key of $partner is not accepted"
    until_deadline "$deadline" takes_orders "$partner" || not_ready "no orders of $partner are taken"
  done
}
