# SPDX-License-Identifier: MIT
# A target that cannot be written is refused before the work, and a device is not replaced by a file.
. "$PADWISE_CLI_TESTS/helpers.bash"
try padwise encode -q -o no/such/folder.safetensors x
mkdir folder
try padwise encode -q -o folder x
mkfifo pipe.safetensors
try padwise encode -q -o pipe.safetensors x
try padwise encode -q -o /dev/null x
[ -c /dev/null ] && echo "/dev/null is still a device"
echo text >file
try padwise encode -q -o file/x.safetensors x
try padwise encode -q -o file/ x
mkdir locked && chmod 555 locked
if [ "$(id -u)" = 0 ]; then locked=/proc/self; else locked=locked; fi
padwise encode -q -o $locked/x.safetensors x 2>&1 | sed "s#$locked#locked#g; s#locked: .*#locked: REASON#"
padwise encode -q -o $locked/out/ x 2>&1 | sed "s#$locked#locked#g; s#folder: .*#folder: REASON#"
try padwise tokenize -q -o folder/ x
try padwise tokenize -q -o folder x
ls -A folder locked
