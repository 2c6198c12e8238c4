# SPDX-License-Identifier: MIT
# mpirun -n N: the bytes of one process; a rank that fails ends all; what ranks cannot share is refused.
. "$PADWISE_CLI_TESTS/helpers.bash"
command -v mpirun >/dev/null || skip "there is no mpirun here"
small_vocabulary vocab
export ASAN_OPTIONS=detect_leaks=0 # Open MPI's own
padwise init tiny -q --tokenizer vocab --seed 3 -o model/
ranks() {
    local n=$1
    shift
    timeout 100 mpirun --allow-run-as-root --oversubscribe -n "$n" padwise encode -q -m model --threads 1 \
        --only pooler_output "$@" 2>mpi.stderr
}
for i in $(seq 40); do echo "a beaver with tree $i"; done >captions.txt
ranks 2 --from captions.txt -o try/ --shard-size 9 || { grep -q "has no MPI" mpi.stderr && skip "this build has no MPI"; }
padwise encode -q -m model --only pooler_output --from captions.txt -o one/ --shard-size 9
for n in 1 2 3 7; do
    ranks $n --from captions.txt -o out$n/ --shard-size 9 && diff -r one out$n && echo "$n ranks: same bytes"
done
# Some shards are there: each rank keeps its own.
rm out3/shard-00001.safetensors out3/shard-00004.safetensors out3/index.jsonl
ranks 3 --from captions.txt -o out3/ --shard-size 9 && diff -r one out3 && echo "continued: same bytes"
# A line that only one rank meets in its own shard ends all of them.
echo "not of this run" >out2/shard-00003.safetensors
ranks 2 --from captions.txt -o out2/ --shard-size 9; echo "exit $?"
grep -c '^padwise: out2/shard-00003' mpi.stderr
ranks 2 --from - -o out/ --shard-size 9 <captions.txt; echo "exit $?"
grep -o 'cannot share standard input' mpi.stderr | sort -u
ranks 2 --from captions.txt -o one.safetensors; echo "exit $?"
grep -o 'cannot write one file' mpi.stderr | sort -u
