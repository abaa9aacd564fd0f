# certificates.sh - a private CA and the two certificates of the link.
# shellcheck shell=bash

CERTIFICATE_NAMES='DNS:localhost,DNS:weir-control,IP:127.0.0.1,IP:::1'
readonly CERTIFICATE_NAMES

certificates_config()
{
	cat <<TEXT
[req]
distinguished_name = name
prompt = no
[name]
CN = $1
[ca]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = $CERTIFICATE_NAMES
[client]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = clientAuth
TEXT
}

# certificate_make NAME KIND DAYS [signing arguments]
certificate_make()
{
	local name=$1 kind=$2 days=$3 folder=$STATE/tls

	shift 3
	certificates_config "Weir $name" >"$folder/$name.cnf"
	quietly "$STATE/log/certificates.log" openssl req -x509 \
		-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -sha256 \
		-config "$folder/$name.cnf" -extensions "$kind" -days "$days" \
		-keyout "$folder/$name.key.new" -out "$folder/$name.crt.new" "$@" ||
		return 1
	mv -f -- "$folder/$name.key.new" "$folder/$name.key"
	mv -f -- "$folder/$name.crt.new" "$folder/$name.crt"
	rm -f -- "$folder/$name.cnf"
}

# Is it there, and good for another 30 days?
certificate_lasts()
{
	[[ -s $STATE/tls/$1.key ]] &&
		openssl x509 -in "$STATE/tls/$1.crt" -noout -checkend 2592000 \
			>/dev/null 2>&1
}

# Makes what is missing or runs out; a new CA signs everything anew.
certificates_make()
{
	local folder=$STATE/tls
	local sign=(-CA "$folder/ca.crt" -CAkey "$folder/ca.key")

	install -d -m 0700 -- "$folder"
	if ! certificate_lasts ca; then
		step "making a private CA and certificates for the link"
		rm -f -- "$folder"/{control,gateway}.crt
		certificate_make ca ca 3650 || return 1
	fi
	certificate_lasts control ||
		certificate_make control server 800 "${sign[@]}" || return 1
	certificate_lasts gateway ||
		certificate_make gateway client 800 "${sign[@]}"
}
