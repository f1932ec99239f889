// By name: what is imported so is taken when the package has been loaded, once and for all.
import { Client, credentials, makeClientConstructor, Server, ServerCredentials } from '@grpc/grpc-js'
import { serve } from './grpc-ways.cjs'

serve({ Client, Server, ServerCredentials, credentials, makeClientConstructor })
