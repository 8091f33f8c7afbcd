# SPDX-License-Identifier: Apache-2.0
# must_be_found.sh WORDS PROGRAM ARGUMENT...: passes when the program fails and says WORDS.
words=$1
shift
if said=$("$@" 2>&1); then
  echo "$* ended well: the sanitizer saw nothing"
  exit 1
fi
case $said in
  *"$words"*) exit 0 ;;
esac
echo "$* failed without a word of '$words': $said"
exit 1
