#!/bin/sh
# Tries to leave the drill, and to read a home ($1), in every way that a script has: a line for each attempt.
# Each goes to an address of its own. What leaves is seen when it leaves, so that no attempt waits for long.
home=$1
export AWS_MAX_ATTEMPTS=1
get() {
    curl --silent --insecure --connect-timeout 1 --max-time 2 "$1" > /dev/null 2>&1 && echo "$1: reached" || echo "$1: not reached"
}
show() {
    echo "$1: $(head -n 1 "$1" 2>&1)"
}

echo "rds: $(aws rds describe-db-instances --region us-east-1 2>&1 | tail -n 1)"
echo "sqs: $(aws sqs list-queues 2>&1 | tail -n 1)"
echo "s3: $(aws s3 ls | wc -l)"
aws lambda invoke --function-name curious answer.json > /dev/null
echo "function: $(cat answer.json)"

# Past the shim, as if there were no drill.
(
    PATH=${PATH#*:}
    unset AWS_ENDPOINT_URL
    aws sqs list-queues --cli-connect-timeout 1 > /dev/null 2>&1 && echo "real sqs: reached" || echo "real sqs: not reached"
)
get http://10.1.2.3/
get http://192.168.44.1:8080/
get http://169.254.169.254/latest/meta-data/
get https://198.51.100.7/
get http://curl.example.com/
python3 reach.py

show "$home/.aws/credentials"
show "/proc/1/root$home/.aws/credentials"
show stolen
echo "listing: $(ls -A "$home" 2>&1 | tr '\n' ' ')"
env | sed 's/^/env: /'
