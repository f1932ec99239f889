import test from 'ava'
import { chooseImages } from '../../../../cli/ephemeral/plan/choose-images.ts'
import { readImage } from '../../../../cli/ephemeral/up/read-wish.ts'
import { anOriginal } from './an-original.ts'

const PAYMENTS = anOriginal('deployment/payments', [{ name: 'app' }])
const ORDERS = anOriginal('statefulset/orders', [{ name: 'orders' }, { name: 'worker' }], { initContainers: [{ name: 'migrate' }] })
const CARTS = anOriginal('deployment/carts', [{ name: 'app' }, { name: 'orders' }])

const choose = (originals: Parameters<typeof chooseImages>[0], ...texts: string[]) =>
  Object.fromEntries(chooseImages(originals, texts.map(readImage)))

test('an image alone is for the only container of the only workload', t => {
  t.deepEqual(choose([PAYMENTS], 'r:5000/p:1'), { 'deployment/payments': { app: 'r:5000/p:1' } })
  t.throws(() => choose([ORDERS], 'x'), { code: 'WAYLAY_IMAGE_UNKNOWN', message: /orders\/worker/ })
  t.throws(() => choose([PAYMENTS, ORDERS], 'x'), { code: 'WAYLAY_IMAGE_UNKNOWN' })
})

test('one word is a workload, or else a container', t => {
  t.deepEqual(choose([PAYMENTS, ORDERS], 'payments=a', 'worker=b', 'migrate=c', 'orders=d'), {
    'deployment/payments': { app: 'a' }, 'statefulset/orders': { worker: 'b', migrate: 'c', orders: 'd' }
  })
  t.deepEqual(choose([ORDERS, CARTS], 'orders=a')['statefulset/orders'], { orders: 'a' }, 'the workload of that name')
  t.throws(() => choose([PAYMENTS, CARTS], 'app=x'), { code: 'WAYLAY_IMAGE_UNKNOWN', message: /fits several/ })
  t.throws(() => choose([PAYMENTS, CARTS], 'carts=x'), { code: 'WAYLAY_IMAGE_UNKNOWN' })
})

test('two words are a workload and its container, or a kind and a name', t => {
  t.deepEqual(choose([PAYMENTS, CARTS], 'carts/app=a', 'deployment/payments=b', 'deployment/carts/orders=c'), {
    'deployment/payments': { app: 'b' }, 'deployment/carts': { app: 'a', orders: 'c' }
  })
  t.throws(() => choose([PAYMENTS], 'payments/worker=x'), { code: 'WAYLAY_IMAGE_UNKNOWN', message: /payments\/app/ })
})

test('two images for one container are refused', t => {
  t.throws(() => choose([PAYMENTS], 'payments=a', 'app=b'), { code: 'WAYLAY_USAGE' })
})
