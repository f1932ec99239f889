import { upperName, type FoundVariable } from './found-variable.ts'

const SWITCHES = /(^|_)(FLYWAY|LIQUIBASE)_ENABLED$|(^|_)(AUTO_?|RUN_|DB_|DATABASE_)*MIGRAT(E|IONS?)(_(DB|DATABASE|ENABLED?|ON_(START|STARTUP|BOOT)))?$/
const CONTAINERS = /(^|-)(migrat(e|or|ions?)|flyway|liquibase|alembic|dbmate|goose)(-|$)/
const PROGRAMS = /(?:^|[\s/'"&;])((?:\w+:)?migrate(?::\w+)?|flyway|liquibase|alembic|dbmate|(?:prisma|knex|sequelize|sequelize-cli|typeorm|drizzle-kit)\s+\S*migrat\S*|(?:prisma\s+)db\s+push)(?=[\s'"&;:]|$)/i

/** Whether it makes the app change the database when it starts. */
export function isMigration ({ name, value }: FoundVariable): boolean {
  // A path or a table's name says where migrations are, not that they are run.
  return SWITCHES.test(upperName(name)) && /^\s*(true|yes|on|1|enabled?|always)\s*$/i.test(value ?? '')
}

/** Whether a container is there to do so, by its name. */
export function isMigrator (container: string): boolean {
  return CONTAINERS.test(container)
}

/** The program on a command line that does so; undefined where none does. */
export function findMigration (commandLine: string): string | undefined {
  return PROGRAMS.exec(commandLine)?.[1]
}
