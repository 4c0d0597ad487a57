const answers = document.querySelector('#answers')
const order = document.querySelector('#order')

async function ask(method, path, body) {
  const json = { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }
  const response = await fetch(path, { method, ...(body && json) })
  answers.append(`${method} ${path}: ${response.status} ${await response.text()}\n`)
}

order.addEventListener('submit', async (event) => {
  event.preventDefault()
  await ask('POST', '/orders', { item: new FormData(order).get('item') })
  await ask('GET', '/orders')
})
document.querySelector('#logout').addEventListener('click', () => ask('POST', '/logout'))
ask('GET', '/orders')
