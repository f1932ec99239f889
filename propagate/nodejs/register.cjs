'use strict'
// Loaded before the app, by --require or --import, in whatever Node the app brings: old syntax, and nothing gets out.
var MIN_MAJOR = 18
var MIN_MINOR = 19

function refuse (why) {
  process.stderr.write('waylay: this program does not carry headers on: ' + why + '\n')
}

var numbers = process.versions.node.split('.').map(Number)
if (numbers[0] < MIN_MAJOR || (numbers[0] === MIN_MAJOR && numbers[1] < MIN_MINOR)) {
  refuse('Node ' + process.versions.node + ' is older than ' + MIN_MAJOR + '.' + MIN_MINOR)
} else {
  try {
    require('./propagate.cjs')
  } catch (error) {
    refuse(String((error && error.message) || error).split('\n')[0])
  }
}
