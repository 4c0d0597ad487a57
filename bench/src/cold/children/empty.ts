import { finish, toTask } from '../task.ts'

toTask()
finish(performance.now(), undefined)
