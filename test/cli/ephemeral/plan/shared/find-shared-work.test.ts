import test from 'ava'
import { findSharedWork, type SharedWork } from '../../../../../cli/ephemeral/plan/shared/find-shared-work.ts'

type Kind = SharedWork['kind']

const ofVariable = (name: string, value: string | undefined): readonly Kind[] =>
  findSharedWork({ name: 'app' }, [{ name, value }], false).map(({ kind }) => kind)
const ofCommand = (commandLine: string): readonly Kind[] =>
  findSharedWork({ name: 'app', command: commandLine.split(' ') }, [], false).map(({ kind }) => kind)

const VARIABLES: readonly (readonly [kind: Kind, name: string, value: string | undefined])[] = [
  ['group', 'KAFKA_GROUP_ID', 'payments'],
  ['group', 'KAFKA_GROUP_ID', undefined],
  ['group', 'KAFKA_CONSUMER_GROUP', 'payments'],
  ['group', 'PAYMENTS_CONSUMER_GROUP', 'payments'],
  ['group', 'GROUP_ID', 'payments'],
  ['group', 'SPRING_KAFKA_CONSUMER_GROUPID', 'payments'],
  ['group', 'spring.kafka.consumer.group-id', 'payments'],
  ['group', 'kafkaGroupId', 'payments'],
  ['group', 'SPRING_CLOUD_STREAM_BINDINGS_INPUT_GROUP', 'payments'],
  ['group', 'NATS_DURABLE', 'payments'],
  ['group', 'NATS_STREAM_DURABLE_NAME', 'payments'],
  ['group', 'PUBSUB_SUBSCRIPTION', 'projects/p/subscriptions/s'],
  ['group', 'AZURE_EVENTHUB_CONSUMER_GROUP_NAME', '$Default'],
  ['queue', 'RABBITMQ_QUEUE', 'payments'],
  ['queue', 'SQS_QUEUE_URL', 'https://sqs.eu-central-1.amazonaws.com/1/payments'],
  ['queue', 'CELERY_QUEUES', 'default,mail'],
  ['queue', 'EVENTS_QUEUE_NAME', undefined],
  ['schedule', 'CLEANUP_CRON', '0 3 * * *'],
  ['schedule', 'REPORT_AT', '*/5 * * * mon-fri'],
  ['schedule', 'REPORT', '@every 5m'],
  ['schedule', 'ENABLE_CRON', 'true'],
  ['schedule', 'SCHEDULER_ENABLED', '1'],
  ['migration', 'RUN_MIGRATIONS', 'true'],
  ['migration', 'MIGRATE_ON_STARTUP', 'yes'],
  ['migration', 'SPRING_FLYWAY_ENABLED', 'true'],
  ['migration', 'DB_MIGRATE', '1']
]

const NO_VARIABLES: readonly (readonly [name: string, value: string | undefined])[] = [
  ['KAFKA_GROUP_ID', ''],
  ['KAFKA_BROKERS', 'kafka:9092'],
  ['GROUP_ID', '1000'],
  ['AWS_SECURITY_GROUP_ID', 'sg-0123'],
  ['LOG_GROUP_NAME', '/aws/payments'],
  ['AD_GROUP', 'developers'],
  ['MAX_QUEUE', '100'],
  ['QUEUE_SIZE', '100'],
  ['USE_QUEUE', 'true'],
  ['ENABLE_CRON', 'false'],
  ['SCHEDULER_ENABLED', '0'],
  ['SCHEDULE_API_URL', 'http://schedule'],
  ['GREETING', 'how are you all * today'],
  ['GLOB', '*'],
  ['RUN_MIGRATIONS', 'false'],
  ['MIGRATIONS_DIR', '/app/migrations'],
  ['MIGRATION_TABLE', 'migrations'],
  ['KAFKA_GROUP_ID', 'payments-$(WAYLAY_ENV)']
]

const COMMANDS: readonly (readonly [kind: Kind, commandLine: string])[] = [
  ['group', 'consume --consumer-group payments'],
  ['group', 'consume --group-id=payments'],
  ['group', 'java -Dspring.kafka.consumer.group-id=payments -jar app.jar'],
  ['queue', 'celery -A shop worker --loglevel=info'],
  ['queue', 'bundle exec sidekiq'],
  ['queue', 'php artisan queue:work'],
  ['schedule', 'celery -A shop beat'],
  ['schedule', '/usr/local/bin/supercronic /etc/crontab'],
  ['migration', 'npx prisma migrate deploy'],
  ['migration', 'sh -c bundle exec rails db:migrate && exec puma'],
  ['migration', 'python manage.py migrate'],
  ['migration', 'alembic upgrade head'],
  ['migration', '/flyway/flyway migrate']
]

const NO_COMMANDS = [
  'node server.js', 'serve --group admins', 'run --skip-migrate', 'run --no-migrate', 'serve /app/migrations',
  'node dist/sidekiq-dashboard.js', 'cronologer', 'java -jar worker.jar'
]

for (const [kind, name, value] of VARIABLES) {
  test(`${name}=${value ?? '(a Secret)'} is a ${kind}`, t => { t.deepEqual(ofVariable(name, value), [kind]) })
}

for (const [name, value] of NO_VARIABLES) {
  test(`${name}=${value ?? ''} is nothing that is shared`, t => { t.deepEqual(ofVariable(name, value), []) })
}

for (const [kind, commandLine] of COMMANDS) {
  test(`"${commandLine}" is a ${kind}`, t => { t.deepEqual(ofCommand(commandLine), [kind]) })
}

for (const commandLine of NO_COMMANDS) {
  test(`"${commandLine}" is nothing that is shared`, t => { t.deepEqual(ofCommand(commandLine), []) })
}

test('an init container that migrates is known by its name, and is told once', t => {
  t.deepEqual(findSharedWork({ name: 'db-migrate', args: ['migrate'] }, [], true).map(({ sign }) => sign), ['init container db-migrate'])
  t.deepEqual(findSharedWork({ name: 'migration-docs' }, [], false), [])
})

test('who logs in at a queue is not told', t => {
  const [found] = findSharedWork({ name: 'app' }, [{ name: 'MAIL_QUEUE_URL', value: 'amqp://maria:secret@rabbit/mail' }], false)
  t.is(found?.sign, 'MAIL_QUEUE_URL=amqp://…@rabbit/mail')
})

test('a variable in a command line is what it holds', t => {
  const [kubelet, shell] = ['--group-id=$(NAME)', '--group-id=$NAME'].map(flag =>
    findSharedWork({ name: 'app', args: [flag] }, [{ name: 'NAME', value: 'orders' }], false)[0]?.sign)
  t.is(kubelet, '--group-id=orders')
  t.is(shell, '--group-id=orders')
})

test('what is shown of a value holds no keys and begins no line', t => {
  const shown = (value: string) => findSharedWork({ name: 'app' }, [{ name: 'MAIL_QUEUE_URL', value }], false)[0]?.sign
  t.is(shown('https://q.example/mail?sv=1&sig=s3cret'), 'MAIL_QUEUE_URL=https://q.example/mail?…')
  t.is(shown('Endpoint=sb://q.example/;SharedAccessKey=s3cret'), 'MAIL_QUEUE_URL=Endpoint=sb://q.example/;…')
  t.is(shown('amqp://maria:p@ss/word@rabbit/mail'), 'MAIL_QUEUE_URL=amqp://…@rabbit/mail')
  t.is(shown('mail\n::stop-commands::x'), 'MAIL_QUEUE_URL=mail\\x0a::stop-commands::x')
})
