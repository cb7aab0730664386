// Plays a scenario with grpc-js: node client.js PROTO_FOLDER ADDRESS SCENARIO.
'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');

const CALL_MS = 30000;

function without(reply, ignored = []) {
  const fields = JSON.parse(JSON.stringify(reply));
  for (const name of ignored) delete fields[name];
  return fields;
}

function callUnary(client, step, metadata) {
  return new Promise((resolve) => {
    const options = {deadline: Date.now() + CALL_MS};
    client[step.method](step.request || {}, metadata, options, (error, reply) => {
      resolve(error ? {code: error.code, message: error.details} : {reply});
    });
  });
}

async function callStream(client, step, metadata) {
  const replies = [];
  for await (const reply of client[step.method](step.request || {}, metadata)) {
    replies.push(without(reply));
  }
  return {replies};
}

async function main() {
  const [protoFolder, address, scenario] = process.argv.slice(2);
  const definition = protoLoader.loadSync('schema.proto', {
    includeDirs: [protoFolder], keepCase: true, longs: String, bytes: String, enums: Number,
  });
  const {ImmuService} = grpc.loadPackageDefinition(definition).immudb.schema;
  const client = new ImmuService(address, grpc.credentials.createInsecure());
  const {steps} = JSON.parse(fs.readFileSync(scenario, 'utf8'));
  let token;
  for (const [number, step] of steps.entries()) {
    const metadata = new grpc.Metadata();
    if (token) metadata.set('authorization', token);
    const call = step.replies ? callStream : callUnary;
    const answer = await call(client, step, metadata);
    const where = `step ${number} ${step.method}`;
    if (answer.replies) {
      assert.deepStrictEqual(answer.replies, step.replies, where);
    } else if (answer.reply) {
      if (step.keep) token = answer.reply[step.keep];
      assert.deepStrictEqual(without(answer.reply, step.ignore), step.reply, where);
    } else {
      assert.deepStrictEqual(answer, {code: step.code, message: step.message}, where);
    }
  }
  client.close();
  console.log(`${steps.length} steps`);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
