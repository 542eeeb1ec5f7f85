# CURVE keys as ZeroMQ writes them. A secret is 32 random bytes, kept in hexadecimal like every other; its public key is
# that of X25519 (RFC 7748), and both are told in Z85 (ZeroMQ RFC 32).

# z85 HEX: 64 hexadecimal digits as 40 printable characters.
z85() {
    local digits='0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#' text='' group
    local start power word
    for (( start = 0; start < ${#1}; start += 8 )); do
        word=$(( 16#${1:start:8} )) group=''
        for (( power = 0; power < 5; power++ )); do
            group=${digits:word % 85:1}$group
            word=$(( word / 85 ))
        done
        text+=$group
    done
    printf '%s' "$text"
}

# curve_secret FILE: the secret key in the file, in Z85.
curve_secret() {
    z85 "$(< "$1")"
}

# curve_public FILE: the public key that belongs to it, in Z85. The 16 bytes before a secret are PKCS #8's (RFC 8410); of
# what openssl gives back, the last 32 bytes are the key.
curve_public() {
    local key
    key=$(printf '%b' "$(sed 's/../\\x&/g' <<< "302e020100300506032b656e04220420$(< "$1")")" |
        openssl pkey -inform DER -pubout -outform DER | tail -c 32 | od -An -v -tx1 | tr -d ' \n')
    [[ ${#key} == 64 ]] && z85 "$key"
}
