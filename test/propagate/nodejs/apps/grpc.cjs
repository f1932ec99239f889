require('./grpc-ways.cjs').serve(require('@grpc/grpc-js'))
